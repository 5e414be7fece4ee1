import { expect, test } from '@jest/globals'
import type { NowServing, Place } from '../../queries.ts'
import { learn, readWay, unknownLine, waitRange, writeWay } from './line.ts'
import type { Line, LineEvent } from './line.ts'

const waiting: Place = {
  token: '01939fd2-7c1a-7000-8000-000000000001',
  scheduleId: 7,
  status: 'WAITING',
  sequence: 500,
  queuePosition: 100,
  estimatedWaitSeconds: 600,
  estimatedWaitTimeMinutes: 10,
  pollAfterSeconds: 5,
  serverTime: '2026-12-01T01:00:00.000Z',
  expiresAt: '2026-12-01T13:00:00.000Z',
}
const served: NowServing = {
  scheduleId: 7,
  nowServing: 400,
  waiting: 900,
  admittedPerMinute: 60,
  paused: false,
  serverTime: '2026-12-01T01:00:00.000Z',
}
const at = (queuePosition: number, more: Partial<Place> = {}): LineEvent => ({
  kind: 'place',
  place: { ...waiting, queuePosition, ...more },
  isOpen: true,
})
const after = (...events: LineEvent[]): Line => events.reduce(learn, unknownLine)

test('the bar never runs backwards, also where the position does', () => {
  const shown = [100, 60, 75, 20, 99, 1].map((_, index, all) => {
    const line = after(...all.slice(0, index + 1).map((position) => at(position)))
    return line.way?.shown ?? Number.NaN
  })
  expect(shown).toEqual(shown.toSorted((a, b) => a - b))
  expect(shown.at(-1)).toBeCloseTo(100 / 101)
})

test('the draw begins a new way; before it there is no bar', () => {
  const early = after({ kind: 'place', place: waiting, isOpen: false })
  expect(early.way).toBeUndefined()
  const drawn = learn(learn(early, at(100)), at(800, { sequence: 1_900 }))
  expect(drawn.way).toMatchObject({ sequence: 1_900, startPosition: 800 })
})

test('a reload goes on with the way that was kept, and only with that of the same place', () => {
  const kept = after(at(100), at(25)).way
  if (kept === undefined) throw new Error('no way')
  const knownWay = readWay(writeWay(kept))
  const same = learn(unknownLine, {
    kind: 'place',
    place: { ...waiting, queuePosition: 30 },
    isOpen: true,
    knownWay,
  })
  expect(same.way?.shown).toBe(kept.shown)
  const other = { ...waiting, queuePosition: 30, sequence: 501 }
  expect(learn(unknownLine, { kind: 'place', place: other, isOpen: true, knownWay }).way?.startPosition).toBe(
    30,
  )
})

test.each([null, '', 'x', '1 2', '1 0 0.5', '1 5 7', 'NaN 1 0'])('%p is no way that was kept', (text) => {
  expect(readWay(text)).toBeUndefined()
})

test('the shared answer moves a place towards the front, never away from it and never in', () => {
  const line = after(at(100), { kind: 'now-serving', line: { ...served, nowServing: 480 }, isOpen: true })
  expect(line.place?.queuePosition).toBe(20)
  const older = learn(line, { kind: 'now-serving', line: served, isOpen: true })
  expect(older.place?.queuePosition).toBe(20)
  const passed = learn(line, { kind: 'now-serving', line: { ...served, nowServing: 999 }, isOpen: true })
  expect(passed.place).toMatchObject({ queuePosition: 1, status: 'WAITING' })
})

test('before the opening the shared answer moves nobody', () => {
  const early = after({ kind: 'place', place: waiting, isOpen: false })
  const line = learn(early, { kind: 'now-serving', line: { ...served, nowServing: 490 }, isOpen: false })
  expect(line.place?.queuePosition).toBe(100)
})

test('a wait is told as a range around the estimate, which gets shorter with the position; a paused line has none', () => {
  const line = after(at(100))
  expect(waitRange(line)).toEqual({ fromMinutes: 7, toMinutes: 13 })
  const moved = learn(line, { kind: 'now-serving', line: { ...served, nowServing: 450 }, isOpen: true })
  expect(waitRange(moved)).toEqual({ fromMinutes: 3, toMinutes: 7 })
  expect(waitRange(learn(line, { kind: 'room', paused: true }))).toBeUndefined()
  expect(waitRange(after(at(1, { estimatedWaitSeconds: 0 })))).toEqual({ fromMinutes: 0, toMinutes: 1 })
})

test('how few were let in since a line began to move makes no wait of a minute one of half an hour', () => {
  const begun = { ...served, admittedPerMinute: 8 }
  const soon = at(250, { sequence: 650, estimatedWaitSeconds: 25 })
  const line = after(soon, { kind: 'now-serving', line: begun, isOpen: true })
  expect(waitRange(line)).toEqual({ fromMinutes: 0, toMinutes: 1 })
})

test('a place that lives again has no end any more', () => {
  expect(after(at(3), { kind: 'ended', end: 'REISSUED' }).end).toBe('REISSUED')
  expect(after(at(3), { kind: 'ended', end: 'REISSUED' }, at(3)).end).toBeUndefined()
})

test('an end that is known stays, also where it is only known later that the place is gone', () => {
  for (const end of ['LEFT', 'USED', 'REISSUED'] as const)
    expect(after(at(3), { kind: 'ended', end }, { kind: 'ended', end: 'EXPIRED' }).end).toBe(end)
  expect(after(at(3), { kind: 'ended', end: 'EXPIRED' }).end).toBe('EXPIRED')
})
