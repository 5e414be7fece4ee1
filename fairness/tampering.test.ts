import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { PublishedAdmission, PublishedEnd, PublishedEntry } from './answers.ts'
import {
  brokenOf,
  checksOf,
  HASHES,
  isAdmission,
  isAny,
  isEnd,
  PAGE_SIZE,
  pickEntry,
  replaced,
  rewritten,
  shifted,
  withOtherKind,
} from './forgeries.ts'
import type { Options } from './forgeries.ts'
import { busyRooms, drawnSequences, honestRooms, pageOf, sha256 } from './simulated-room.ts'
import type { EndRow, Row, SimulatedRoom } from './simulated-room.ts'

type Tampering = (room: SimulatedRoom, pick: number) => { room: SimulatedRoom; noted?: Partial<Options> }

const ENDS = 'every end is the only one of an admission before it'
const isLimited = (entry: PublishedEntry): entry is PublishedAdmission & { maxActive: number } =>
  isAdmission(entry) && entry.maxActive !== null
const hasWaited = (entry: PublishedEntry): entry is PublishedAdmission =>
  isAdmission(entry) && entry.enteredAt < entry.admittedAt

/** More people in a room after all others, one after the other, each of whom is allowed another time to show up. */
function withNoShows(
  room: SimulatedRoom,
  everyMs: number,
  allowances: readonly number[],
): { room: SimulatedRoom } {
  const last = room.log.findLast(isEnd)
  fc.pre(last !== undefined)
  const more = allowances.flatMap((allowedMs, index): Row[] => {
    const admittedAt = shifted(last.endedAt, (index + 1) * everyMs)
    const sequence = 1_000 + index
    const limits = { active: 1, maxActive: null, admitPerSecond: 1 }
    return [
      { kind: 'ADMITTED', sequence, enteredAt: admittedAt, admittedAt, ...limits },
      { kind: 'NO_SHOW', sequence, admittedAt, endedAt: shifted(admittedAt, allowedMs), allowedMs },
    ]
  })
  return { room: rewritten(room, [...room.log, ...more]) }
}

/** A room in which one end is another one. */
function withOtherEnd(
  room: SimulatedRoom,
  pick: number,
  change: (end: PublishedEnd) => Partial<EndRow>,
): { room: SimulatedRoom } {
  const end = pickEntry(room, pick, isEnd)
  return { room: rewritten(room, replaced(room, end, { ...end, ...change(end) })) }
}

const noteEnd = ({ log }: SimulatedRoom): Partial<Options> => ({
  head: { number: log.length, hash: log.at(-1)?.hash ?? '' },
})

const tamperings: [string, string, Tampering][] = [
  [
    'a draw in another order than the seed gives',
    'has the place that the draw gave it',
    (room, pick) => {
      const drawn = [...drawnSequences(room)]
      const [entry = 0] = drawn[pick % drawn.length] ?? []
      const [, sequence = 0] = drawn[(pick + 1) % drawn.length] ?? []
      return { room, noted: { entry: { entry, sequence } } }
    },
  ],
  [
    'an entry that was left out of the draw',
    'has the place that the draw gave it',
    (room) => ({ room, noted: { entry: { entry: room.draw.entries + 1, sequence: undefined } } }),
  ],
  [
    'another seed than the one committed to',
    'the seed is the one committed to',
    (room, pick) => ({ room: { ...room, seed: sha256(`${pick}`) } }),
  ],
  [
    'a commitment exchanged together with its seed',
    'the commitment is the one noted before the opening',
    (room, pick) => {
      const seed = sha256(`${pick}`)
      const commitment = sha256(Buffer.from(seed, 'hex'))
      const other = { ...room, seed, commitment }
      return { room: rewritten(other, room.log), noted: { commitment: room.commitment } }
    },
  ],
  [
    'a log rewritten without one of its rows',
    'the head noted earlier is still at its number',
    (room, pick) => {
      const rows = replaced(room, pickEntry(room, pick, isAny))
      return { room: rewritten(room, rows), noted: noteEnd(room) }
    },
  ],
  [
    'a log rewritten with another field',
    'the head noted earlier is still at its number',
    (room, pick) => {
      const entry = pickEntry(room, pick, isAdmission)
      const rows = replaced(room, entry, { ...entry, active: entry.active + 1 })
      return { room: rewritten(room, rows), noted: noteEnd(room) }
    },
  ],
  [
    'a log rewritten with another kind of end',
    'the head noted earlier is still at its number',
    (room, pick) => ({ ...withOtherEnd(room, pick, withOtherKind), noted: noteEnd(room) }),
  ],
  [
    'a log rewritten with the end put off',
    'the head noted earlier is still at its number',
    (room, pick) => {
      const later = withOtherEnd(room, pick, ({ endedAt }) => ({ endedAt: shifted(endedAt, 1) }))
      return { ...later, noted: noteEnd(room) }
    },
  ],
  [
    'somebody let in twice',
    'no sequence is admitted twice',
    (room, pick) => {
      const again = pickEntry(room, pick, isAdmission)
      return { room: rewritten(room, [...room.log, again]) }
    },
  ],
  [
    'somebody let in by the entry number',
    'nobody is admitted by an entry number, past the draw',
    (room, pick) => {
      const sequence = (pick % room.draw.entries) + 1
      const entry = pickEntry(room, pick, isAdmission)
      return { room: rewritten(room, replaced(room, entry, { ...entry, sequence })) }
    },
  ],
  [
    'a place passed over for a higher one',
    'nobody was passed over',
    (room, pick) => {
      const low = pickEntry(room, pick, hasWaited)
      const high = room.log
        .filter(isAdmission)
        .find(({ number, sequence }) => number > low.number && sequence > low.sequence)
      fc.pre(high !== undefined)
      const exchanged = new Map<Row, PublishedAdmission>([
        [low, high],
        [high, low],
      ])
      const rows = room.log.map((row) => {
        const other = exchanged.get(row)
        return other === undefined ? row : { ...row, sequence: other.sequence, enteredAt: other.enteredAt }
      })
      return { room: rewritten(room, rows) }
    },
  ],
  [
    'more in than maxActive',
    'never more in than maxActive',
    (room, pick) => {
      const entry = pickEntry(room, pick, isLimited)
      const rows = replaced(room, entry, { ...entry, active: entry.maxActive + 1 })
      return { room: rewritten(room, rows) }
    },
  ],
  [
    'more in a second than admitPerSecond',
    'never faster than admitPerSecond',
    (room, pick) => {
      const entry = pickEntry(room, pick, isLimited)
      // As many as are allowed, beside the one who was there.
      const others = Array.from({ length: entry.admitPerSecond }, (_, index) => ({
        ...entry,
        sequence: 1_000 + index,
      }))
      return { room: rewritten(room, replaced(room, entry, entry, ...others)) }
    },
  ],
  [
    'the end of somebody who was never in',
    ENDS,
    (room, pick) => withOtherEnd(room, pick, ({ sequence }) => ({ sequence: sequence + 1_000 })),
  ],
  [
    'the end of an admission of another time',
    ENDS,
    (room, pick) =>
      withOtherEnd(room, pick, ({ admittedAt }) => ({ admittedAt: shifted(admittedAt, -1 - (pick % 500)) })),
  ],
  [
    'an end before its admission',
    ENDS,
    (room, pick) => {
      const end = pickEntry(room, pick, isEnd)
      return { room: rewritten(room, [end, ...replaced(room, end)]) }
    },
  ],
  [
    'a place that ends twice',
    ENDS,
    (room, pick) => {
      const end = pickEntry(room, pick, isEnd)
      const again = pick % 2 === 0 ? end : { ...end, ...withOtherKind(end) }
      return { room: rewritten(room, [...room.log, again]) }
    },
  ],
  [
    'an end that came early',
    'no end came early',
    (room, pick) =>
      withOtherEnd(room, pick, ({ admittedAt, allowedMs }) => ({
        endedAt: shifted(admittedAt, allowedMs - 1 - (pick % allowedMs)),
      })),
  ],
  [
    'an end before the time that it says was allowed',
    'no end came early',
    (room, pick) =>
      withOtherEnd(room, pick, ({ admittedAt, endedAt }) => ({
        allowedMs: Date.parse(endedAt) - Date.parse(admittedAt) + 1 + (pick % 1_000),
      })),
  ],
  [
    'an allowance that goes to and fro',
    'everybody was allowed the same time',
    (room) => withNoShows(room, 300_001, [1_000, 2_000, 1_000, 2_000, 1_000]),
  ],
  [
    'another allowance for each',
    'everybody was allowed the same time',
    (room) => withNoShows(room, 1_000, [1_000, 2_000, 3_000, 4_000, 5_000]),
  ],
]

describe('an honest room', () => {
  test('verifies, with all that anybody could have noted of it', async () => {
    await fc.assert(
      fc.asyncProperty(honestRooms, fc.nat(), async (room, pick) => {
        const { commitment, log } = room
        const drawn = [...drawnSequences(room)]
        const own = drawn[pick % drawn.length]
        const row = log[pick % log.length]
        const checks = await checksOf(room, {
          commitment,
          head: row === undefined ? undefined : { number: row.number, hash: row.hash },
          entry: own === undefined ? undefined : { entry: own[0], sequence: own[1] },
        })
        expect(brokenOf(checks)).toEqual([])
        expect(checks.map(({ outcome }) => outcome)).not.toContain('not yet')
      }),
      { numRuns: 200 },
    )
  })

  test('verifies while people are let in: up to the length of the first answer', async () => {
    await fc.assert(
      fc.asyncProperty(busyRooms, async (room) => {
        fc.pre(room.log.length > PAGE_SIZE + 1)
        const early = { ...room, log: room.log.slice(0, PAGE_SIZE + 1) }
        const checks = await checksOf(room, {}, (page, from) =>
          from === 1 ? pageOf(early, 1, PAGE_SIZE) : page,
        )
        expect(brokenOf(checks)).toEqual([])
      }),
    )
  })

  test('verifies without any end, as it was published before there were ends', async () => {
    await fc.assert(
      fc.asyncProperty(busyRooms, async (room) => {
        const checks = await checksOf(rewritten(room, room.log.filter(isAdmission)), {})
        expect(brokenOf(checks)).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  test('has nothing to hide before the draw', async () => {
    await fc.assert(
      fc.asyncProperty(honestRooms, async (room) => {
        const closed = { ...room, log: [] }
        const checks = await checksOf(closed, { entry: { entry: 1, sequence: 1 } }, (page) => ({
          ...page,
          seed: null,
          draw: null,
        }))
        expect(brokenOf(checks)).toEqual([])
        expect(checks.filter(({ outcome }) => outcome === 'not yet')).toHaveLength(3)
      }),
      { numRuns: 20 },
    )
  })
})

describe('in a room with hashes made to fit', () => {
  test.each(tamperings)('%s is found and named', async (_name, named, tamper) => {
    await fc.assert(
      fc.asyncProperty(busyRooms, fc.nat(), async (honest, pick) => {
        const { room, noted = {} } = tamper(honest, pick)
        const broken = brokenOf(await checksOf(room, noted))
        expect(broken.map(({ name }) => name)).toContainEqual(expect.stringContaining(named))
        // Hashes that fit are no excuse, and no accusation either.
        expect(broken.map(({ name }) => name)).not.toContain(HASHES)
      }),
      { numRuns: 40 },
    )
  })
})
