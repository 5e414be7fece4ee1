/** A waiting room for tests, honest until a test forges what it publishes. It follows docs/fairness.md and not the checks. */
import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import type { FairnessAnswer, PublishedAdmission, PublishedEnd, PublishedEntry } from './answers.ts'

/** An event in the room. After each event the room ends whose time is up, and admits as many as its limits allow. */
export type Step =
  /** Somebody joins after the opening, and has entered the room that much later. */
  | { readonly kind: 'join'; readonly entersAfterMs: number }
  /** One of those who wait leaves the line. */
  | { readonly kind: 'leave'; readonly which: number }
  /** One of those who are in shows up. */
  | { readonly kind: 'show up'; readonly which: number }
  /** Some of those who are in are done. */
  | { readonly kind: 'done'; readonly people: number }
  | { readonly kind: 'limit'; readonly maxActive: number | null; readonly admitPerSecond: number }
  /** The settings go on to that version of them, if they have not come so far. */
  | { readonly kind: 'rules'; readonly version: number }
  | { readonly kind: 'pass'; readonly ms: number }

/** All that a simulated room publishes. */
export interface SimulatedRoom {
  readonly scheduleId: number
  readonly seed: string
  readonly commitment: string
  readonly draw: NonNullable<FairnessAnswer['draw']>
  readonly rules: FairnessAnswer['rules']
  readonly log: PublishedEntry[]
}

interface Place {
  readonly sequence: number
  readonly enteredAtMs: number
}

interface Admitted {
  readonly sequence: number
  readonly admittedAtMs: number
  readonly rules: FairnessAnswer['rules']
  readonly hasShownUp: boolean
}

const OPENED_AT_MS = Date.parse('2026-11-21T12:00:00.000Z')

/** The settings of a room one after the other. They come back to old values, as real ones may. */
const RULES: readonly FairnessAnswer['rules'][] = [
  { showUpMs: 90_000, activeMaxMs: 900_000 },
  { showUpMs: 60_000, activeMaxMs: 900_000 },
  { showUpMs: 90_000, activeMaxMs: 600_000 },
  { showUpMs: 120_000, activeMaxMs: 1_000_000 },
  { showUpMs: 60_000, activeMaxMs: 600_000 },
]

/** Honest rooms with any number of entries, any seed and any events. */
export const honestRooms = plans({ entriesMin: 0 }).map(runRoom)

/** Honest rooms in which people had to wait, all were admitted in the end, and the last did not show up or never left. */
export const busyRooms = plans({ entriesMin: 6 }).map((plan) =>
  runRoom({
    ...plan,
    steps: [
      ...plan.steps,
      { kind: 'pass', ms: 5_000 },
      { kind: 'limit', maxActive: null, admitPerSecond: 2 },
      ...Array.from({ length: 4 }, (): Step => ({ kind: 'join', entersAfterMs: 0 })),
      { kind: 'show up', which: -1 },
      { kind: 'show up', which: -2 },
      { kind: 'pass', ms: 120_000 },
      { kind: 'pass', ms: 880_000 },
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
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('show up'), which: fc.nat(5) }) },
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
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('rules'), version: fc.nat(RULES.length - 1) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 0, max: 1_500 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 30_000, max: 500_000 }) }),
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
  run.endAndAdmit()
  for (const step of plan.steps) run.apply(step)
  return {
    scheduleId,
    seed,
    commitment,
    draw,
    rules: run.rules,
    log: chained(scheduleId, commitment, run.rows),
  }
}

/** An end in a log that is not hashed yet. */
export type EndRow = Omit<PublishedEnd, 'number' | 'hash'>

/** An entry of a log that is not hashed yet. */
export type Row = Omit<PublishedAdmission, 'number' | 'hash'> | EndRow

/** Numbers and hashes rows, as an honest system does, and as one does that rewrites its log. */
export function chained(scheduleId: number, commitment: string, rows: readonly Row[]): PublishedEntry[] {
  let hash = sha256(`frontrow:admissions:${scheduleId}:${commitment}`)
  return rows.map((row, index) => {
    const number = index + 1
    hash = sha256(`${hash}|${number}|${hashedText(row)}`)
    return { ...row, number, hash }
  })
}

function hashedText(row: Row): string {
  if (row.kind !== 'ADMITTED') {
    return `${row.kind}|${row.sequence}|${row.admittedAt}|${row.endedAt}|${row.allowedMs}`
  }
  const limits = `${row.maxActive === null ? '' : row.maxActive}|${row.admitPerSecond}`
  return `${row.sequence}|${row.enteredAt}|${row.admittedAt}|${row.active}|${limits}`
}

/** The page from a number on, as the system answers it. */
export function pageOf(room: SimulatedRoom, from: number, pageSize = 1_000): FairnessAnswer {
  const { scheduleId, seed, commitment, draw, rules, log } = room
  const entries = log.slice(from - 1, from - 1 + pageSize)
  const nextFrom = from + pageSize <= log.length ? from + pageSize : null
  const head = log.at(-1)?.hash ?? sha256(`frontrow:admissions:${scheduleId}:${commitment}`)
  return { commitment, seed, draw, rules, log: { length: log.length, head }, entries, nextFrom }
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
  readonly rows: Row[] = []
  #waiting: Place[]
  #nextSequence: number
  #nowMs = OPENED_AT_MS
  #active: Admitted[] = []
  #admittedAtMs: number[] = []
  #maxActive: number | null = 3
  #admitPerSecond = 2
  #rulesVersion = 0

  constructor(entries: number) {
    this.#waiting = Array.from({ length: entries }, (_, index) => ({
      sequence: entries + index + 1,
      enteredAtMs: OPENED_AT_MS,
    }))
    this.#nextSequence = 2 * entries + 1
  }

  get rules(): FairnessAnswer['rules'] {
    const rules = RULES[this.#rulesVersion]
    if (rules === undefined) throw new Error(`there is no version ${this.#rulesVersion} of the settings`)
    return rules
  }

  apply(step: Step): void {
    if (step.kind === 'join') this.#join(step.entersAfterMs)
    else if (step.kind === 'leave') this.#waiting = this.#waiting.filter((_, index) => index !== step.which)
    else if (step.kind === 'show up') this.#showUp(step.which)
    else if (step.kind === 'done') this.#active = this.#active.slice(step.people)
    else if (step.kind === 'rules') this.#rulesVersion = Math.max(this.#rulesVersion, step.version)
    else if (step.kind === 'pass') this.#nowMs += step.ms
    else [this.#maxActive, this.#admitPerSecond] = [step.maxActive, step.admitPerSecond]
    this.endAndAdmit()
  }

  endAndAdmit(): void {
    const ends = this.#active.flatMap((admitted) => this.#endOf(admitted) ?? [])
    this.rows.push(...ends)
    const ended = new Set(ends.map(({ sequence }) => sequence))
    this.#active = this.#active.filter(({ sequence }) => !ended.has(sequence))
    this.#admit()
  }

  #admit(): void {
    const present = this.#waiting
      .filter(({ enteredAtMs }) => enteredAtMs <= this.#nowMs)
      .toSorted((a, b) => a.sequence - b.sequence)
    const left = new Set<Place>()
    for (const next of present) {
      if (!this.#hasRoom()) break
      left.add(next)
      this.#letIn(next)
    }
    this.#waiting = this.#waiting.filter((place) => !left.has(place))
  }

  #letIn({ sequence, enteredAtMs }: Place): void {
    this.#active.push({ sequence, admittedAtMs: this.#nowMs, rules: this.rules, hasShownUp: false })
    this.#admittedAtMs.push(this.#nowMs)
    this.rows.push({
      kind: 'ADMITTED',
      sequence,
      enteredAt: new Date(enteredAtMs).toISOString(),
      admittedAt: new Date(this.#nowMs).toISOString(),
      active: this.#active.length,
      maxActive: this.#maxActive,
      admitPerSecond: this.#admitPerSecond,
    })
  }

  /** The end of a place whose time is up by the settings of its admission; undefined for any other. */
  #endOf({ sequence, admittedAtMs, rules, hasShownUp }: Admitted): EndRow | undefined {
    const allowedMs = hasShownUp ? rules.activeMaxMs : rules.showUpMs
    if (this.#nowMs < admittedAtMs + allowedMs) return undefined
    return {
      kind: hasShownUp ? 'TIME_UP' : 'NO_SHOW',
      sequence,
      admittedAt: new Date(admittedAtMs).toISOString(),
      endedAt: new Date(this.#nowMs).toISOString(),
      allowedMs,
    }
  }

  #showUp(which: number): void {
    const shown = this.#active.at(which)
    this.#active = this.#active.map((one) => (one === shown ? { ...one, hasShownUp: true } : one))
  }

  #join(entersAfterMs: number): void {
    this.#waiting.push({ sequence: this.#nextSequence, enteredAtMs: this.#nowMs + entersAfterMs })
    this.#nextSequence += 1
  }

  #hasRoom(): boolean {
    if (this.#maxActive === null) return true
    const lately = this.#admittedAtMs.filter((admittedAtMs) => admittedAtMs > this.#nowMs - 1_000).length
    return this.#active.length < this.#maxActive && lately < this.#admitPerSecond
  }
}
