import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hear, letterOf, shownStates, silentStream, statusOf, withStatuses } from './live-states.ts'
import type { Stream, ToldSeat } from './live-states.ts'

const SEATS = 6
const status = fc.constantFrom<ToldSeat['status']>('AVAILABLE', 'HOLD', 'SOLD_OUT', 'BLOCKED')
const statuses = fc.array(status, { minLength: SEATS, maxLength: SEATS })
const told = (all: readonly ToldSeat['status'][]): ToldSeat[] =>
  all.map((one, at) => ({ seatId: at + 1, status: one }))
const lettersOf = (all: readonly ToldSeat['status'][]): string => all.map(letterOf).join('')
const snapshot = (stream: Stream, all: readonly ToldSeat['status'][]): Stream =>
  hear(stream, {
    kind: 'snapshot',
    layoutVersion: 'v1',
    seats: told(all).filter(({ status: one }) => one !== 'AVAILABLE'),
  })

test('after a snapshot and any changes each seat is shown as it was told last', () => {
  fc.assert(
    fc.property(statuses, fc.array(fc.tuple(fc.nat(SEATS - 1), status)), (first, changes) => {
      const truth = [...first]
      let stream = snapshot(hear(silentStream, { kind: 'open' }), first)
      for (const [at, next] of changes) {
        truth[at] = next
        stream = hear(stream, { kind: 'change', seats: [{ seatId: at + 1, status: next }] })
      }
      expect(shownStates(stream, undefined, SEATS)).toBe(lettersOf(truth))
    }),
  )
})

test('a snapshot takes back what the one before it told', () => {
  const before = snapshot(silentStream, ['HOLD', 'HOLD', 'SOLD_OUT', 'HOLD', 'HOLD', 'HOLD'])
  const after = snapshot(before, ['AVAILABLE', 'HOLD', 'AVAILABLE', 'AVAILABLE', 'AVAILABLE', 'AVAILABLE'])
  expect(shownStates(after, undefined, SEATS)).toBe('AHAAAA')
})

test('until the stream tells something, the states that were asked for are shown', () => {
  expect(shownStates(silentStream, undefined, SEATS)).toBeUndefined()
  expect(shownStates(silentStream, { states: 'AHSBAA', atMs: 5 }, SEATS)).toBe('AHSBAA')
  expect(shownStates(hear(silentStream, { kind: 'open' }), { states: 'AHSBAA', atMs: 5 }, SEATS)).toBe(
    'AHSBAA',
  )
})

test('a seat that asked states do not know is not shown as free', () => {
  expect(shownStates(silentStream, { states: 'AA', atMs: 5 }, SEATS)).toBe('AA')
})

test('what was asked for is shown while the stream is lost, and no longer', () => {
  const live = snapshot(hear(silentStream, { kind: 'open' }), told1())
  const asked = { states: 'HHHHHH', atMs: 2_000 }
  const old = { states: 'SSSSSS', atMs: 500 }
  expect(shownStates(live, asked, SEATS)).toBe('AAAHAA')
  const lost = hear(live, { kind: 'lost', atMs: 1_000 })
  expect(shownStates(lost, old, SEATS)).toBe('AAAHAA')
  expect(shownStates(lost, asked, SEATS)).toBe('HHHHHH')
  // The states went there and back, so that the stream has nothing to tell when it comes again.
  expect(shownStates(hear(lost, { kind: 'open' }), asked, SEATS)).toBe('AAAHAA')
})

test('a stream that is lost twice without coming back was lost the first time', () => {
  const lost = hear(hear(silentStream, { kind: 'open' }), { kind: 'lost', atMs: 1_000 })
  expect(hear(lost, { kind: 'lost', atMs: 9_000 }).lostAtMs).toBe(1_000)
})

test('letters and statuses are each other’s, and what is not known can not be had', () => {
  fc.assert(fc.property(status, (one) => statusOf(letterOf(one)) === one))
  expect(letterOf('RESERVED_FOR_LATER')).toBe('B')
  expect(statusOf(undefined)).toBe('BLOCKED')
})

test('each seat of a layout has the state of its letter', () => {
  const seats = [1, 2].map((seatId) => ({
    seatId,
    seatNumber: seatId,
    section: 'A',
    row: 'A',
    grade: 'R',
    price: 1,
  }))
  expect(withStatuses(seats, 'S')).toMatchObject([
    { seatId: 1, status: 'SOLD_OUT' },
    { seatId: 2, status: 'BLOCKED' },
  ])
})

function told1(): ToldSeat['status'][] {
  return ['AVAILABLE', 'AVAILABLE', 'AVAILABLE', 'HOLD', 'AVAILABLE', 'AVAILABLE']
}
