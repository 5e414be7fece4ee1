import type { PublishedEntry } from './answers.ts'
import type { NotedHead } from './noted.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'
import { sha256OfText } from './sha256.ts'

/** The hash that stands before the entry with number 1. */
export function genesisHash(scheduleId: number, commitment: string): string {
  return sha256OfText(`frontrow:admissions:${scheduleId}:${commitment}`)
}

/** The hash that an entry must have, from its fields and the hash before it. */
export function entryHash(before: string, entry: PublishedEntry): string {
  return sha256OfText([before, entry.number, ...hashedFields(entry)].join('|'))
}

/** An admission is hashed without its kind, because logs had only admissions at first and old hashes must stay right. */
function hashedFields(entry: PublishedEntry): (string | number)[] {
  if (entry.kind !== 'ADMITTED') {
    return [entry.kind, entry.sequence, entry.admittedAt, entry.endedAt, entry.allowedMs]
  }
  const { sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond } = entry
  // A missing limit is hashed as an empty text, not as "null".
  return [sequence, enteredAt, admittedAt, active, maxActive ?? '', admitPerSecond]
}

/** Checks the hashes of the log page by page, so that they need not be kept in memory. */
export class AdmissionChain {
  readonly #findings = new Findings()
  readonly #noted: NotedHead | undefined
  #notedSeen: string | undefined
  #number = 0
  #hash: string

  constructor(genesis: string, noted: NotedHead | undefined) {
    this.#hash = genesis
    this.#noted = noted
    if (noted?.number === 0) this.#notedSeen = genesis
  }

  /** Checks the next entry; entries must come in the order in which they were published. */
  follow(entry: PublishedEntry): void {
    const { number } = entry
    const before = this.#number
    if (number !== before + 1) this.#findings.add(() => describeGap(before, number))
    else if (entryHash(this.#hash, entry) !== entry.hash) {
      this.#findings.add(
        () => `number ${number}: its hash does not follow from its fields and the hash before`,
      )
    }
    // The check goes on from the published hash, so that one change is reported at one number and not at all that follow.
    this.#number = number
    this.#hash = entry.hash
    if (number === this.#noted?.number) this.#notedSeen = entry.hash
  }

  /** Compares the end of the log with its published length and head. */
  checkHashes(log: { readonly length: number; readonly head: string }): Check {
    const [number, last] = [this.#number, this.#hash]
    if (number !== log.length) {
      this.#findings.add(() => `the log ends at number ${number}; its length is published as ${log.length}`)
    } else if (last !== log.head) {
      this.#findings.add(
        () => `the hash of number ${number} is ${last}; the head is published as ${log.head}`,
      )
    }
    return this.#findings.toCheck(
      'every hash follows from the one before, and the last is the head',
      `${log.length.toLocaleString('en')} hashes`,
    )
  }

  /** Checks that the head that was noted earlier, where one was, is still in the log. */
  checkNotedHead(): Check {
    const name = 'the head noted earlier is still at its number'
    const noted = this.#noted
    if (noted === undefined) {
      return {
        name,
        outcome: 'not checked',
        lines: ['--head NUMBER:HASH, as printed below, checks it next time'],
      }
    }
    const findings = new Findings()
    if (this.#notedSeen === undefined) {
      findings.add(() => `number ${noted.number} was noted and is not in the log any more`)
    } else if (this.#notedSeen !== noted.hash) {
      findings.add(() => `at number ${noted.number} stands ${this.#notedSeen}, noted was ${noted.hash}`)
    }
    return findings.toCheck(name, `number ${noted.number}`)
  }
}

function describeGap(before: number, number: number): string {
  if (number <= before) return `number ${number} comes after number ${before}: twice, or out of order`
  const missing = number - before === 2 ? `${before + 1} is` : `${before + 1} to ${number - 1} are`
  return `number ${number} comes after number ${before}: ${missing} missing`
}
