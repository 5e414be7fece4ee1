import fc from 'fast-check'
import type { LostWrite } from './simulated-instance.ts'

/** One of those who have been given a token, by number, and which of his or her places or tokens: the newest, or the one before it. */
export interface Target {
  user: number
  old: boolean
}

/** What becomes of a place, as one of several notes that share a transaction. `forMs`: until when, from now on. */
export type Note =
  | ({ kind: 'hold'; forMs: number } & Target)
  | ({ kind: 'used' } & Target)
  | ({ kind: 'leave' } & Target)
  | ({ kind: 'seen' } & Target)
  | { kind: 'reissue'; user: number }

/** A step that changes a room through one of the two instances. */
export type Change =
  | { kind: 'join'; users: number[] }
  | { kind: 'notes'; notes: Note[] }
  | ({ kind: 'hold'; forMs: number } & Target)
  | ({ kind: 'used' } & Target)
  | ({ kind: 'leave' } & Target)
  | { kind: 'reissue'; user: number }
  | { kind: 'echo'; index: number }
  | { kind: 'round' }
  | {
      kind: 'steer'
      maxActive: number | null | undefined
      admitPerSecond: number | undefined
      paused: boolean | undefined
    }
  | { kind: 'draw' }

/** A step of a course; `by` is the instance that does it. */
export type Step =
  | { kind: 'change'; by: number; change: Change }
  /** The process ends after so many transactions, before it has told the mirror, and another one takes its place. */
  | { kind: 'killed'; by: number; change: Change; transactions: number }
  | { kind: 'lost'; by: number; change: Change; how: LostWrite }
  /** Each of the two instances makes one change, at the same time. */
  | { kind: 'together'; changes: [Change, Change] }
  | ({ kind: 'poll' | 'verify'; by: number } & Target)
  /** What the timers of the service do within a second. */
  | { kind: 'tick'; by: number }
  | { kind: 'reopen' | 'tidy'; by: number }
  /** PostgreSQL could not be told who has shown up. */
  | { kind: 'outage' }
  | { kind: 'status'; status: 'ON_SALE' | 'CLOSED' | 'CANCELLED' }
  | { kind: 'wait' | 'turn-back'; ms: number }
  /** The clock moves to the next moment at which something is due, or next to it. */
  | { kind: 'due'; offsetMs: number }
  /** Redis loses everything, is put back to what it was at the last `save`, or mirrors another database; with the connection or without. */
  | { kind: 'redis'; what: 'empty' | 'save' | 'restore' | 'replace'; shuts: boolean }

/** A whole course, with the room and the settings that it starts with. Times count from its beginning. */
export interface Course {
  scheduleId: number
  opensInMs: number
  endsInMs: number
  /** Whether places end for not showing up, and may be extended. */
  canBeLate: boolean
  maxActive: number
  admitPerSecond: number
  steps: Step[]
}

const USERS = 7
const STEPS_MAX = 40

const user = fc.nat(USERS - 1)
const by = fc.nat(1)
const old = fc.oneof(
  { weight: 5, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
)
const forMs = fc.oneof(
  fc.integer({ min: -2_000, max: 30_000 }),
  fc.constantFrom(1, 1_000, 24_999, 25_000, 25_001, 86_400_000),
)
const kind = <K extends string>(name: K) => fc.constant(name)

const hold = fc.record({ kind: kind('hold'), user, old, forMs })
const used = fc.record({ kind: kind('used'), user, old })
const leave = fc.record({ kind: kind('leave'), user, old })
const reissue = fc.record({ kind: kind('reissue'), user })
const seen = fc.record({ kind: kind('seen'), user, old })
const notes = fc.record({
  kind: kind('notes'),
  notes: fc.array(fc.oneof<fc.Arbitrary<Note>[]>(hold, used, leave, reissue, seen), {
    minLength: 2,
    maxLength: 5,
  }),
})
const join = fc.record({ kind: kind('join'), users: fc.tuple(user) })
const crowd = fc.record({ kind: kind('join'), users: fc.array(user, { minLength: 2, maxLength: USERS }) })
const round = fc.record({ kind: kind('round') })
const steer = fc.record({
  kind: kind('steer'),
  maxActive: fc.option(fc.option(fc.integer({ min: 1, max: 5 }), { freq: 3 }), { nil: undefined, freq: 3 }),
  admitPerSecond: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 1 }),
  paused: fc.option(fc.boolean(), { nil: undefined, freq: 1 }),
})
const draw = fc.record({ kind: kind('draw') })
const echo = fc.record({ kind: kind('echo'), index: fc.nat(20) })

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 7, arbitrary: join },
  { weight: 4, arbitrary: crowd },
  { weight: 6, arbitrary: round },
  { weight: 3, arbitrary: hold },
  { weight: 2, arbitrary: used },
  { weight: 3, arbitrary: leave },
  { weight: 2, arbitrary: reissue },
  { weight: 3, arbitrary: steer },
  { weight: 2, arbitrary: draw },
  { weight: 2, arbitrary: notes },
  { weight: 1, arbitrary: echo },
)
// A draw and a reissue are several transactions, between which the other change could come.
const single: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: crowd },
  { weight: 4, arbitrary: round },
  { weight: 2, arbitrary: steer },
  { weight: 1, arbitrary: hold },
  { weight: 1, arbitrary: used },
  { weight: 1, arbitrary: leave },
  { weight: 1, arbitrary: notes },
)

const killedAt = (of: fc.Arbitrary<Change>) =>
  fc.record({ kind: kind('killed'), by, change: of, transactions: fc.integer({ min: 1, max: 5 }) })
const lostAt = (of: fc.Arbitrary<Change>) =>
  fc.record({
    kind: kind('lost'),
    by,
    change: of,
    how: fc.constantFrom<LostWrite[]>('NOT_SENT', 'NOT_ANSWERED', 'REFUSED'),
  })
const together = fc.record({ kind: kind('together'), changes: fc.tuple(single, single) })
const poll = fc.record({ kind: kind('poll'), by, user, old })
const verify = fc.record({ kind: kind('verify'), by, user, old })
const outage = fc.record({ kind: kind('outage') })
const due = fc.record({ kind: kind('due'), offsetMs: fc.integer({ min: -1, max: 1 }) })
const redis = fc.record({
  kind: kind('redis'),
  what: fc.constantFrom('empty' as const, 'save', 'save', 'restore', 'restore', 'replace'),
  shuts: fc.boolean(),
})
const changed = (of: fc.Arbitrary<Change>) => fc.record({ kind: kind('change'), by, change: of })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: changed(change) },
  { weight: 3, arbitrary: killedAt(change) },
  { weight: 3, arbitrary: lostAt(change) },
  { weight: 4, arbitrary: together },
  { weight: 6, arbitrary: poll },
  { weight: 2, arbitrary: verify },
  { weight: 8, arbitrary: fc.record({ kind: kind('tick'), by }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('reopen'), by }) },
  { weight: 1, arbitrary: outage },
  { weight: 1, arbitrary: fc.record({ kind: kind('tidy'), by }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind('status'),
      status: fc.constantFrom('ON_SALE' as const, 'ON_SALE', 'CLOSED', 'CANCELLED'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kind('wait'),
      ms: fc.oneof(fc.integer({ min: 1, max: 1_500 }), fc.constantFrom(999, 1_000, 1_001, 5_000, 31_000)),
    }),
  },
  { weight: 6, arbitrary: due },
  { weight: 1, arbitrary: fc.record({ kind: kind('turn-back'), ms: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 4, arbitrary: redis },
)

const admission: fc.Arbitrary<Change> = fc.oneof(round, crowd)
/** Steps that say something together, and that random steps would seldom put in this order. */
const phrase: fc.Arbitrary<Step[]> = fc.oneof<fc.Arbitrary<Step[]>[]>(
  // Somebody was let in, and the mirror has not heard of it.
  fc.tuple(fc.oneof(killedAt(admission), lostAt(admission)), fc.oneof(verify, poll), verify),
  // Who has not shown up keeps the place for a while.
  fc.tuple(outage, due, changed(admission)),
  // A room is built with limits that are not those that it has begun with.
  fc.tuple(changed(steer), redis, changed(change)),
  fc.tuple(together, changed(round)),
  fc.tuple(redis, changed(change), redis),
)

/** Random courses. */
export const courses: fc.Arbitrary<Course> = fc.record({
  scheduleId: fc.integer({ min: 1, max: 1_000 }),
  opensInMs: fc.oneof(fc.constant(-1_000), fc.integer({ min: 1, max: 5_000 })),
  endsInMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(3_600_000) },
    { weight: 1, arbitrary: fc.nat(60_000) },
  ),
  canBeLate: fc.oneof(
    { weight: 3, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  maxActive: fc.integer({ min: 1, max: 5 }),
  admitPerSecond: fc.integer({ min: 1, max: 3 }),
  steps: fc
    .array(fc.oneof({ weight: 9, arbitrary: fc.tuple(step) }, { weight: 1, arbitrary: phrase }), {
      minLength: 5,
      maxLength: STEPS_MAX,
      size: 'max',
    })
    .map((phrases) => phrases.flat()),
})
