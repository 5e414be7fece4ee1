import { randomInt } from 'node:crypto'

// Without I, L, O, U, 0 and 1: nothing that sounds or looks like something else.
const LETTERS = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 10

/** A number that can be read out, e.g. FR-7K3M9QW2XT. 30^10 of them: among a million, one new in 6 * 10^8 is not new. */
export function newReservationNumber(): string {
  let letters = ''
  for (let index = 0; index < LENGTH; index += 1) letters += LETTERS.charAt(randomInt(LETTERS.length))
  return `FR-${letters}`
}
