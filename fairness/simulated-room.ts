/** A waiting room for tests, honest until a test forges what it publishes. It follows docs/fairness.md and not the checks. */
import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import type { FairnessAnswer, PublishedAdmission } from './answers.ts'

/** An event in the room. After each event the room admits as many as its limits allow. */
export type Step =
  /** Somebody joins after the opening, and has entered the room that much later. */
  | { readonly kind: 'join'; readonly entersAfterMs: number }
  /** One of those who wait leaves the line. */
  | { readonly kind: 'leave'; readonly which: number }
  /** Some of those who are in are done. */
  | { readonly kind: 'done'; readonly people: number }
  | { readonly kind: 'limit'; readonly maxActive: number | null; readonly admitPerSecond: number }
  | { readonly kind: 'pass'; readonly ms: number }

/** All that a simulated room publishes. */
export interface SimulatedRoom {
  readonly scheduleId: number
  readonly seed: string
  readonly commitment: string
  readonly draw: NonNullable<FairnessAnswer['draw']>
  readonly log: PublishedAdmission[]
}

interface Place {
  readonly sequence: number
  readonly enteredAtMs: number
}

const OPENED_AT_MS = Date.parse('2026-11-21T12:00:00.000Z')

/** Honest rooms with any number of entries, any seed and any events. */
export const honestRooms = plans({ entriesMin: 0 }).map(runRoom)

/** Honest rooms in which people had to wait, and all were admitted in the end. */
export const busyRooms = plans({ entriesMin: 6 }).map((plan) =>
  runRoom({
    ...plan,
    steps: [
      ...plan.steps,
      { kind: 'pass', ms: 5_000 },
      { kind: 'limit', maxActive: null, admitPerSecond: 2 },
    ],
  }),
)

interface Plan {
  readonly scheduleId: number
  readonly seed: string
  readonly entries: number
  readonly steps: readonly Step[]
}

function plans({ entriesMin }: { entriesMin: number }): fc.Arbitrary<Plan> {
  return fc.record({
    scheduleId: fc.integer({ min: 1, max: 1_000 }),
    seed: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    entries: fc.integer({ min: entriesMin, max: 12 }),
    steps: fc.array(steps(), { maxLength: 60, size: 'max' }),
  })
}

function steps(): fc.Arbitrary<Step> {
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('join'), entersAfterMs: fc.integer({ min: 0, max: 800 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave'), which: fc.nat(20) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('done'), people: fc.integer({ min: 1, max: 5 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('limit'),
        maxActive: fc.option(fc.integer({ min: 0, max: 8 })),
        admitPerSecond: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 0, max: 1_500 }) }),
    },
  )
}

/** Lets an honest room run from its opening on. */
export function runRoom(plan: Plan): SimulatedRoom {
  const { scheduleId, seed, entries } = plan
  const commitment = sha256(Buffer.from(seed, 'hex'))
  const time = new Date(OPENED_AT_MS).toISOString()
  const draw = { entries, closedAt: time, drawnAt: time }
  const run = new RoomRun(entries)
  run.admit()
  for (const step of plan.steps) run.apply(step)
  return { scheduleId, seed, commitment, draw, log: chained(scheduleId, commitment, run.admitted) }
}

/** A row of the log that is not hashed yet. */
export type Row = Omit<PublishedAdmission, 'number' | 'hash'>

/** Numbers and hashes rows, as an honest system does, and as one does that rewrites its log. */
export function chained(scheduleId: number, commitment: string, rows: readonly Row[]): PublishedAdmission[] {
  let hash = sha256(`frontrow:admissions:${scheduleId}:${commitment}`)
  return rows.map(({ sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond }, index) => {
    const number = index + 1
    const limits = `${maxActive === null ? '' : maxActive}|${admitPerSecond}`
    hash = sha256(`${hash}|${number}|${sequence}|${enteredAt}|${admittedAt}|${active}|${limits}`)
    return { number, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond, hash }
  })
}

/** The page from a number on, as the system answers it. */
export function pageOf(room: SimulatedRoom, from: number, pageSize = 1_000): FairnessAnswer {
  const { scheduleId, seed, commitment, draw, log } = room
  const admissions = log.slice(from - 1, from - 1 + pageSize)
  const nextFrom = from + pageSize <= log.length ? from + pageSize : null
  const head = log.at(-1)?.hash ?? sha256(`frontrow:admissions:${scheduleId}:${commitment}`)
  return { commitment, seed, draw, log: { length: log.length, head }, admissions, nextFrom }
}

/** The sequence that the draw gives to each entry. It sorts the whole list, as docs/fairness.md describes it. */
export function drawnSequences({ scheduleId, seed, draw: { entries } }: SimulatedRoom): Map<number, number> {
  const keys = Array.from({ length: entries }, (_, index) => ({
    entry: index + 1,
    key: createHmac('sha256', Buffer.from(seed, 'hex'))
      .update(`${scheduleId}:${entries}:${index + 1}`)
      .digest('hex'),
  }))
  // Lower-case hex of one length sorts as its bytes do.
  keys.sort((a, b) => (a.key < b.key ? -1 : 1))
  return new Map(keys.map(({ entry }, index) => [entry, entries + index + 1]))
}

/** Lower-case hex, of bytes or of ASCII text. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

class RoomRun {
  readonly admitted: Row[] = []
  #waiting: Place[]
  #nextSequence: number
  #nowMs = OPENED_AT_MS
  #active = 0
  #maxActive: number | null = 3
  #admitPerSecond = 2

  constructor(entries: number) {
    this.#waiting = Array.from({ length: entries }, (_, index) => ({
      sequence: entries + index + 1,
      enteredAtMs: OPENED_AT_MS,
    }))
    this.#nextSequence = 2 * entries + 1
  }

  apply(step: Step): void {
    if (step.kind === 'join') this.#join(step.entersAfterMs)
    else if (step.kind === 'leave') this.#waiting = this.#waiting.filter((_, index) => index !== step.which)
    else if (step.kind === 'done') this.#active = Math.max(this.#active - step.people, 0)
    else if (step.kind === 'pass') this.#nowMs += step.ms
    else [this.#maxActive, this.#admitPerSecond] = [step.maxActive, step.admitPerSecond]
    this.admit()
  }

  admit(): void {
    const present = this.#waiting
      .filter(({ enteredAtMs }) => enteredAtMs <= this.#nowMs)
      .toSorted((a, b) => a.sequence - b.sequence)
    const left = new Set<Place>()
    for (const next of present) {
      if (!this.#hasRoom()) break
      left.add(next)
      this.#active += 1
      this.admitted.push({
        sequence: next.sequence,
        enteredAt: new Date(next.enteredAtMs).toISOString(),
        admittedAt: new Date(this.#nowMs).toISOString(),
        active: this.#active,
        maxActive: this.#maxActive,
        admitPerSecond: this.#admitPerSecond,
      })
    }
    this.#waiting = this.#waiting.filter((place) => !left.has(place))
  }

  #join(entersAfterMs: number): void {
    this.#waiting.push({ sequence: this.#nextSequence, enteredAtMs: this.#nowMs + entersAfterMs })
    this.#nextSequence += 1
  }

  #hasRoom(): boolean {
    if (this.#maxActive === null) return true
    const lately = this.admitted.filter(
      ({ admittedAt }) => Date.parse(admittedAt) > this.#nowMs - 1_000,
    ).length
    return this.#active < this.#maxActive && lately < this.#admitPerSecond
  }
}
