import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isInTime, notePlace } from './note-place.ts'
import type { NotedPlace, PlaceNote } from './note-place.ts'

const ACTIVE_MS = 300_000
const ACTIVE_MAX_MS = 900_000
const ADMITTED_AT_MS = 1_000_000
const END_MS = ADMITTED_AT_MS + ACTIVE_MAX_MS

const waiting: NotedPlace = {
  sequence: 7,
  userId: 'fan',
  tokenHash: Buffer.alloc(32, 1),
  status: 'WAITING',
  admittedAtMs: null,
  activeUntilMs: null,
  showUpByMs: null,
  seenAtMs: 900_000,
}
const admitted: NotedPlace = {
  ...waiting,
  status: 'ACTIVE',
  admittedAtMs: ADMITTED_AT_MS,
  activeUntilMs: ADMITTED_AT_MS + ACTIVE_MS,
  showUpByMs: ADMITTED_AT_MS + 90_000,
}

// From before the admission to after the end that no hold moves.
const times = fc.integer({ min: ADMITTED_AT_MS - 100_000, max: END_MS + 100_000 })
const places = fc.oneof(
  fc.constant(waiting),
  fc
    .record({
      activeUntilMs: fc.integer({ min: ADMITTED_AT_MS + 1, max: END_MS }),
      showUpByMs: fc.option(fc.integer({ min: ADMITTED_AT_MS + 1, max: END_MS })),
    })
    .map((deadlines) => ({ ...admitted, ...deadlines })),
)
const extensions = times.map((untilMs): PlaceNote => ({ kind: 'EXTENDED', sequence: 7, untilMs }))
const looks = times.map((atMs) => lookAt(atMs))
const tokenHashes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
const notes: fc.Arbitrary<PlaceNote> = fc.oneof(
  { weight: 4, arbitrary: extensions },
  { weight: 2, arbitrary: looks },
  {
    weight: 2,
    arbitrary: tokenHashes.map((tokenHash): PlaceNote => ({ kind: 'REISSUED', userId: 'fan', tokenHash })),
  },
  fc.constant<PlaceNote>({ kind: 'USED', sequence: 7 }),
  fc.constant<PlaceNote>({ kind: 'LEFT', tokenHash: waiting.tokenHash }),
)
const courses = fc.array(fc.tuple(notes, times), { maxLength: 20 })

const hold = { kind: 'EXTENDED', sequence: 7, untilMs: 0 } as const
const isLive = (place: NotedPlace, nowMs: number): boolean => isInTime(place, hold, nowMs)
const lookAt = (atMs: number): PlaceNote => ({ kind: 'SEEN', sequence: 7, atMs })
const noteAll = (place: NotedPlace, all: readonly PlaceNote[], nowMs: number): NotedPlace =>
  all.reduce((now, note) => notePlace(now, note, nowMs, ACTIVE_MAX_MS), place)

describe('whatever is noted of a place, at any time and in any order', () => {
  test('its deadline is never moved nearer, and never beyond its absolute end', () => {
    fc.assert(
      fc.property(places, courses, (first, course) => {
        let place = first
        for (const [note, nowMs] of course) {
          const next = notePlace(place, note, nowMs, ACTIVE_MAX_MS)
          expect(next.activeUntilMs ?? 0).toBeGreaterThanOrEqual(place.activeUntilMs ?? 0)
          expect(next.activeUntilMs ?? 0).toBeLessThanOrEqual(END_MS)
          place = next
        }
      }),
    )
  })

  test('its identity, its admission and its owner stay, and only a reissue gives it another token', () => {
    fc.assert(
      fc.property(places, courses, (first, course) => {
        const others = course.filter(([{ kind }]) => kind !== 'REISSUED')
        const place = others.reduce((now, [note, nowMs]) => notePlace(now, note, nowMs, ACTIVE_MAX_MS), first)
        const { sequence, userId, admittedAtMs, tokenHash } = first
        expect(place).toMatchObject({ sequence, userId, admittedAtMs })
        expect(place.tokenHash).toBe(tokenHash)
      }),
    )
  })

  test('nothing of it changes once its deadline has come, or its holder has not shown up in time', () => {
    fc.assert(
      fc.property(places, notes, times, (place, note, nowMs) => {
        fc.pre(!isInTime(place, note, nowMs))
        expect(notePlace(place, note, nowMs, ACTIVE_MAX_MS)).toBe(place)
      }),
    )
    for (const deadline of ['activeUntilMs', 'showUpByMs'] as const) {
      const place = { ...admitted, [deadline]: ADMITTED_AT_MS + 5_000 }
      expect(isLive(place, ADMITTED_AT_MS + 4_999)).toBe(true)
      expect(isLive(place, ADMITTED_AT_MS + 5_000)).toBe(false)
    }
  })

  test('nothing of it changes once it is USED or LEFT', () => {
    const ends = fc.constantFrom<PlaceNote>(
      { kind: 'USED', sequence: 7 },
      { kind: 'LEFT', tokenHash: waiting.tokenHash },
    )
    fc.assert(
      fc.property(places, ends, times, courses, (place, end, nowMs, course) => {
        fc.pre(isLive(place, nowMs))
        const ended = notePlace(place, end, nowMs, ACTIVE_MAX_MS)
        expect(ended.status).toBe(end.kind)
        for (const [note, laterMs] of course) {
          expect(notePlace(ended, note, laterMs, ACTIVE_MAX_MS)).toBe(ended)
        }
      }),
    )
  })
})

test('holds told of twice, or in another order, end in the same deadline: the latest that any of them asks for', () => {
  const all = fc.array(extensions, { minLength: 1, maxLength: 8 })
  const toldAgain = all.chain((first) =>
    fc.tuple(
      fc.constant(first),
      fc
        .array(fc.constantFrom(...first), { maxLength: 8 })
        .chain((repeated) =>
          fc.shuffledSubarray([...first, ...repeated], { minLength: first.length + repeated.length }),
        ),
    ),
  )
  fc.assert(
    fc.property(places, toldAgain, times, (place, [first, again], nowMs) => {
      const once = noteAll(place, first, nowMs)
      expect(noteAll(place, again, nowMs)).toEqual(once)
      if (place.status !== 'ACTIVE' || !isLive(place, nowMs)) return
      const asked = first.map((note) => (note.kind === 'EXTENDED' ? Math.min(note.untilMs, END_MS) : 0))
      expect(once.activeUntilMs).toBe(Math.max(place.activeUntilMs ?? 0, ...asked))
    }),
  )
})

describe('who was let in', () => {
  test.each<PlaceNote>([
    { kind: 'SEEN', sequence: 7, atMs: Infinity },
    { kind: 'EXTENDED', sequence: 7, untilMs: 0 },
    { kind: 'REISSUED', userId: 'fan', tokenHash: Buffer.alloc(32, 2) },
  ])('and is seen in time, by $kind, has shown up for good', (note) => {
    const seen = notePlace(admitted, note, ADMITTED_AT_MS + 89_999, ACTIVE_MAX_MS)
    expect(seen).toMatchObject({ showUpByMs: null, activeUntilMs: admitted.activeUntilMs, status: 'ACTIVE' })
    expect(isLive(seen, ADMITTED_AT_MS + 90_000)).toBe(true)
    const again = notePlace(seen, lookAt(ADMITTED_AT_MS + 90_000), ADMITTED_AT_MS + 90_000, ACTIVE_MAX_MS)
    expect(again).toBe(seen)
  })

  test('and was seen in time has shown up, though PostgreSQL hears of it late, but not after the deadline', () => {
    const [lateMs, deadlineMs] = [ADMITTED_AT_MS + 95_000, ADMITTED_AT_MS + ACTIVE_MS]
    const inTime = lookAt(ADMITTED_AT_MS + 89_999)
    expect(notePlace(admitted, inTime, lateMs, ACTIVE_MAX_MS).showUpByMs).toBeNull()
    expect(notePlace(admitted, inTime, deadlineMs, ACTIVE_MAX_MS)).toBe(admitted)
    expect(notePlace(admitted, lookAt(ADMITTED_AT_MS + 90_000), lateMs, ACTIVE_MAX_MS)).toBe(admitted)
  })
})

test('a reissue gives a live place the new token, and leaves the rest as a look at it would', () => {
  fc.assert(
    fc.property(places, tokenHashes, times, (place, tokenHash, nowMs) => {
      fc.pre(isLive(place, nowMs))
      const reissued = notePlace(place, { kind: 'REISSUED', userId: 'fan', tokenHash }, nowMs, ACTIVE_MAX_MS)
      const seen = notePlace(place, lookAt(nowMs), nowMs, ACTIVE_MAX_MS)
      expect(reissued).toEqual({ ...seen, tokenHash })
    }),
  )
})

describe('who waits', () => {
  test('is seen as of now, and stays in the line however long that took', () => {
    expect(notePlace(waiting, lookAt(2_000_000), 2_000_000, ACTIVE_MAX_MS)).toEqual({
      ...waiting,
      seenAtMs: 2_000_000,
    })
  })

  test('has no deadline that a hold could move', () => {
    expect(notePlace(waiting, { ...hold, untilMs: END_MS }, 950_000, ACTIVE_MAX_MS)).toBe(waiting)
  })
})
