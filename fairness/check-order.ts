import type { Admission } from './admissions.ts'
import type { PublishedDraw } from './answers.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'

/** Rule 3: nobody is let in twice, and nobody by an entry number. */
export function checkSequences(admissions: readonly Admission[], draw: PublishedDraw | null): Check[] {
  return [checkNobodyTwice(admissions), checkNoEntryNumber(admissions, draw)]
}

function checkNobodyTwice(admissions: readonly Admission[]): Check {
  const findings = new Findings()
  const firstNumbers = new Map<number, number>()
  for (const { number, sequence } of admissions) {
    const first = firstNumbers.get(sequence)
    if (first === undefined) firstNumbers.set(sequence, number)
    else findings.add(() => `sequence ${sequence} is admitted as number ${first} and as number ${number}`)
  }
  return findings.toCheck('no sequence is admitted twice', `${counted(firstNumbers.size)} sequences`)
}

function checkNoEntryNumber(admissions: readonly Admission[], draw: PublishedDraw | null): Check {
  const name = 'nobody is admitted by an entry number, past the draw'
  if (draw === null) return { name, outcome: 'not yet', lines: ['the draw is not made'] }
  const findings = new Findings()
  for (const { number, sequence } of admissions) {
    if (sequence <= draw.entries) {
      findings.add(
        () => `admission ${number}: sequence ${sequence} is one of the ${draw.entries} entry numbers`,
      )
    }
  }
  return findings.toCheck(name, `${counted(draw.entries)} entries`)
}

/**
 * Rule 4: nobody who stood in the room was passed over. For each admission only the latest `admittedAt` among higher
 * sequences before it matters, so one sweep with a tree of maxima will do: O(n log n).
 *
 * Both times are cut to the millisecond. In one millisecond either may have been first, so only a strictly earlier
 * `enteredAt` offends.
 */
export function checkNobodyPassedOver(admissions: readonly Admission[]): Check {
  const findings = new Findings()
  const ranks = rankDownwards(admissions)
  const latest = new LatestAdmissions(ranks.size)
  for (const admission of admissions) {
    const rank = ranks.get(admission.sequence) ?? 0
    const other = latest.before(rank)
    if (other !== undefined && admission.enteredAtMs < other.admittedAtMs) {
      findings.add(() => describePassedOver(admission, other))
    }
    latest.add(rank, admission)
  }
  return findings.toCheck('nobody was passed over', `${counted(admissions.length)} admissions`)
}

function describePassedOver(admission: Admission, other: Admission): string {
  return (
    `admission ${admission.number}: sequence ${admission.sequence} had entered at ${time(admission.enteredAtMs)}, ` +
    `yet sequence ${other.sequence} was admitted before it (number ${other.number}, ${time(other.admittedAtMs)})`
  )
}

/** Ranks sequences from the highest, which has rank 1: higher sequences have lower ranks, which the tree below needs. */
function rankDownwards(admissions: readonly Admission[]): Map<number, number> {
  const sequences = Float64Array.from(new Set(admissions.map(({ sequence }) => sequence))).toSorted()
  const ranks = new Map<number, number>()
  for (const [index, sequence] of sequences.entries()) ranks.set(sequence, sequences.length - index)
  return ranks
}

/** A Fenwick tree of maxima: the admission with the latest `admittedAt` among all ranks below one. */
class LatestAdmissions {
  readonly #tree: (Admission | undefined)[]

  constructor(ranks: number) {
    this.#tree = Array.from({ length: ranks + 1 })
  }

  add(rank: number, admission: Admission): void {
    for (let at = rank; at < this.#tree.length; at += lowestBit(at)) {
      const known = this.#tree[at]
      if (known === undefined || known.admittedAtMs < admission.admittedAtMs) this.#tree[at] = admission
    }
  }

  before(rank: number): Admission | undefined {
    let latest: Admission | undefined
    for (let at = rank - 1; at > 0; at -= lowestBit(at)) {
      const known = this.#tree[at]
      if (known !== undefined && (latest === undefined || known.admittedAtMs > latest.admittedAtMs))
        latest = known
    }
    return latest
  }
}

const lowestBit = (value: number): number => value & -value
const time = (ms: number): string => new Date(ms).toISOString()
const counted = (value: number): string => value.toLocaleString('en')
