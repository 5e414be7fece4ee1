import { hash } from 'node:crypto'
import type { PublishedAdmission } from './answers.ts'
import type { NotedHead } from './arguments.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'

/** The hash that stands before admission number 1. */
export function genesisHash(scheduleId: number, commitment: string): string {
  return hash('sha256', `frontrow:admissions:${scheduleId}:${commitment}`)
}

/** The hash that an admission must have, from its fields and the hash before it. */
export function admissionHash(before: string, admission: Omit<PublishedAdmission, 'hash'>): string {
  const { number, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond } = admission
  const fields = [
    before,
    number,
    sequence,
    enteredAt,
    admittedAt,
    active,
    // A missing limit is hashed as an empty text, not as "null".
    maxActive ?? '',
    admitPerSecond,
  ]
  return hash('sha256', fields.join('|'))
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

  /** Checks the next row; rows must come in the order in which they were published. */
  follow(admission: PublishedAdmission): void {
    const { number } = admission
    const before = this.#number
    if (number !== before + 1) this.#findings.add(() => describeGap(before, number))
    else if (admissionHash(this.#hash, admission) !== admission.hash) {
      this.#findings.add(
        () => `admission ${number}: its hash does not follow from its fields and the hash before`,
      )
    }
    // The check goes on from the published hash, so that one change is reported at one number and not at all that follow.
    this.#number = number
    this.#hash = admission.hash
    if (number === this.#noted?.number) this.#notedSeen = admission.hash
  }

  /** Compares the end of the log with its published length and head. */
  checkHashes(log: { readonly length: number; readonly head: string }): Check {
    const [number, last] = [this.#number, this.#hash]
    if (number !== log.length) {
      this.#findings.add(() => `the log ends at number ${number}; its length is published as ${log.length}`)
    } else if (last !== log.head) {
      this.#findings.add(
        () => `the hash of admission ${number} is ${last}; the head is published as ${log.head}`,
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
      findings.add(() => `admission ${noted.number} was noted and is not in the log any more`)
    } else if (this.#notedSeen !== noted.hash) {
      findings.add(() => `at number ${noted.number} stands ${this.#notedSeen}, noted was ${noted.hash}`)
    }
    return findings.toCheck(name, `number ${noted.number}`)
  }
}

function describeGap(before: number, number: number): string {
  if (number <= before) return `admission ${number} comes after number ${before}: twice, or out of order`
  const missing = number - before === 2 ? `${before + 1} is` : `${before + 1} to ${number - 1} are`
  return `admission ${number} comes after number ${before}: ${missing} missing`
}
