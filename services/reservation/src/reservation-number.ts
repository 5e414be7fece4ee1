import { randomInt } from 'node:crypto'

// Without I, L, O, U, 0 and 1, which look or sound like others.
const LETTERS = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 10

/** A number that people can read out, e.g. FR-7K3M9QW2XT. There are 30^10: beside a million, 1 in 6 * 10^8 repeats. */
export function newReservationNumber(): string {
  let letters = ''
  for (let index = 0; index < LENGTH; index += 1) letters += LETTERS.charAt(randomInt(LETTERS.length))
  return `FR-${letters}`
}
