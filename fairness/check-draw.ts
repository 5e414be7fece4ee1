import type { FairnessAnswer } from './answers.ts'
import type { OwnEntry } from './noted.ts'
import { FairnessProblem } from './fairness-problem.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'
import { hmacSha256, sha256OfHex } from './sha256.ts'

/** A limit on the entries of a draw that is replayed: ranking one entry among so many takes some 30 s. */
const ENTRIES_MAX = 10_000_000

/** The part of an answer that the checks of the draw need. */
export type PublishedSeed = Pick<FairnessAnswer, 'commitment' | 'seed' | 'draw'>

/** Rule 1: the seed is the one committed to, and it is public exactly when the draw is made. */
export function checkSeed({ commitment, seed, draw }: PublishedSeed): Check {
  const name = 'the seed is the one committed to'
  const findings = new Findings()
  if (seed === null && draw === null) return { name, outcome: 'not yet', lines: ['the draw is not made'] }
  if (seed === null) findings.add(() => 'the draw is made, yet its seed is not published')
  else {
    if (draw === null)
      findings.add(() => 'the seed is public before the draw is made: the order can be known')
    const committed = sha256OfHex(seed)
    if (committed !== commitment) {
      findings.add(() => `the SHA-256 of the seed is ${committed}, the commitment ${commitment}`)
    }
  }
  return findings.toCheck(name, `seed ${seed}`)
}

/** Rule 1: the commitment is still the one that was noted before the opening. */
export function checkCommitment(commitment: string, noted: string | undefined): Check {
  const name = 'the commitment is the one noted before the opening'
  if (noted === undefined) {
    return {
      name,
      outcome: 'not checked',
      lines: ['--commitment HEX, as noted before the opening, checks it'],
    }
  }
  const findings = new Findings()
  if (commitment !== noted) findings.add(() => `it is ${commitment}, noted was ${noted}`)
  return findings.toCheck(name, commitment)
}

/** Finds the place that the draw gave to an entry, and checks that it is the one that its owner was told. */
export function checkEntry(scheduleId: number, published: PublishedSeed, own: OwnEntry): Check {
  const name = `entry ${own.entry} has the place that the draw gave it`
  const { seed, draw } = published
  if (seed === null || draw === null) return { name, outcome: 'not yet', lines: ['the draw is not made'] }
  const findings = new Findings()
  const { entries } = draw
  if (own.entry > entries) {
    findings.add(() => `the draw has the entries 1 to ${entries}: entry ${own.entry} was left out`)
    return findings.toCheck(name, '')
  }
  const rank = rankOf(own.entry, { scheduleId, entries, seed })
  const sequence = entries + rank
  if (own.sequence !== undefined && own.sequence !== sequence) {
    findings.add(
      () => `the draw gave it sequence ${sequence}, rank ${rank} of ${entries}; told was ${own.sequence}`,
    )
  }
  const hint = own.sequence === undefined ? ' (compare: GET /queue/tokens/me)' : ''
  return findings.toCheck(name, `sequence ${sequence}, rank ${rank} of ${entries}${hint}`)
}

/** What determines the order of a draw. */
export interface Draw {
  readonly scheduleId: number
  readonly entries: number
  /** 64 hex digits. */
  readonly seed: string
}

/** The rank of an entry, from 1. For one entry it is enough to count the smaller keys, so nothing is sorted or kept. */
export function rankOf(entry: number, draw: Draw): number {
  if (draw.entries > ENTRIES_MAX) {
    throw new FairnessProblem(
      `a draw of ${draw.entries} entries is too large for --entry: ${ENTRIES_MAX} at most`,
    )
  }
  const digest = hmacSha256(draw.seed)
  const keyOf = (number: number): string => digest(`${draw.scheduleId}:${draw.entries}:${number}`)
  const own = keyOf(entry)
  let rank = 1
  for (let other = 1; other <= draw.entries; other += 1) {
    if (keyOf(other) < own) rank += 1
  }
  return rank
}
