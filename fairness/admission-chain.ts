import { hash } from 'node:crypto'
import type { PublishedAdmission } from './answers.ts'
import type { NotedHead } from './arguments.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'

/** Before number 1. */
export function genesisHash(scheduleId: number, commitment: string): string {
  return hash('sha256', `frontrow:admissions:${scheduleId}:${commitment}`)
}

/** What the hash of an admission has to be after the one before it. */
export function admissionHash(before: string, admission: Omit<PublishedAdmission, 'hash'>): string {
  const { number, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond } = admission
  const fields = [
    before,
    number,
    sequence,
    enteredAt,
    admittedAt,
    active,
    // An empty text, not "null".
    maxActive ?? '',
    admitPerSecond,
  ]
  return hash('sha256', fields.join('|'))
}

/** Follows the log from hash to hash as it comes in, so that no hash has to be kept. */
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

  /** The next row, in the order in which the rows came. */
  follow(admission: PublishedAdmission): void {
    const { number } = admission
    const before = this.#number
    if (number !== before + 1) this.#findings.add(() => describeGap(before, number))
    else if (admissionHash(this.#hash, admission) !== admission.hash) {
      this.#findings.add(
        () => `admission ${number}: its hash does not follow from its fields and the hash before`,
      )
    }
    // Go on from what is published: one change is then found at one number, and not at all that follow.
    this.#number = number
    this.#hash = admission.hash
    if (number === this.#noted?.number) this.#notedSeen = admission.hash
  }

  /** The end of the log, against what was published as its length and head. */
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

  /** The head that was noted earlier, if one was. */
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
