import { describe, expect, test } from '@jest/globals'
import type { PlaceDescription } from '../places/describe-place.ts'
import { endedId, liveId, placeState, readEventId } from './place-events.ts'

const waiting: PlaceDescription = {
  token: '019a5d51-1f64-7cc3-98c4-dc0c0c07398f',
  scheduleId: 7,
  status: 'WAITING',
  sequence: 1234,
  queuePosition: 120,
  estimatedWaitSeconds: 30,
  estimatedWaitTimeMinutes: 1,
  pollAfterSeconds: 3,
  serverTime: '2026-11-21T12:00:00.000Z',
  expiresAt: '2026-11-22T00:00:00.000Z',
}
const active: PlaceDescription = { ...waiting, status: 'ACTIVE', queuePosition: 0 }

describe('the state of a place', () => {
  test('changes with its status, sequence, position and, once ACTIVE, its deadline', () => {
    const states = [
      waiting,
      { ...waiting, sequence: 9 },
      { ...waiting, queuePosition: 119 },
      { ...waiting, scheduleId: 8 },
      active,
      { ...active, expiresAt: '2026-11-22T00:00:00.001Z' },
    ].map(placeState)
    expect(new Set(states).size).toBe(states.length)
  })

  test('does not change with estimates, the time of the look, or the deadline of who waits', () => {
    const later = {
      ...waiting,
      estimatedWaitSeconds: 1,
      estimatedWaitTimeMinutes: 2,
      pollAfterSeconds: 1,
      serverTime: '2026-11-21T12:00:01.000Z',
      expiresAt: '2026-11-22T00:00:01.000Z',
    }
    expect(placeState(later)).toBe(placeState(waiting))
    expect(placeState({ ...active, serverTime: later.serverTime })).toBe(placeState(active))
  })
})

describe('an event id', () => {
  test.each([
    [waiting, false, 'WAITING-7-1234-120-0'],
    [waiting, true, 'WAITING-7-1234-120-1'],
    [active, false, `ACTIVE-7-1234-${Date.parse(active.expiresAt)}-0`],
  ])('of a live place is read back as what it names: %#', (place, paused, id) => {
    expect(liveId(placeState(place), paused)).toBe(id)
    expect(readEventId(id)).toEqual({ kind: 'live', scheduleId: 7, place: placeState(place), paused })
  })

  test.each(['EXPIRED', 'LEFT', 'USED', 'REISSUED'] as const)('of a place that is %s is read back', (how) => {
    const id = endedId(how, waiting)
    expect(id).toBe(`${how}-7-1234`)
    expect(readEventId(id)).toEqual({ kind: 'ended', scheduleId: 7, sequence: 1234 })
  })

  test('is short and of plain characters even for the largest numbers', () => {
    const far = { ...active, scheduleId: 999_999_999_999_999, sequence: 999_999_999_999_999 }
    const id = liveId(placeState(far), true)
    expect(id).toMatch(/^[A-Z0-9-]{1,64}$/)
    expect(readEventId(id)).toMatchObject({ kind: 'live', paused: true })
  })

  test.each([
    '',
    'junk',
    '1763726400000',
    'WAITING-7-1234-120',
    'WAITING-7-1234-120-2',
    'WAITING-7-1234-120-0 ',
    ' WAITING-7-1234-120-0',
    'WAITING-7-1234-120-0\n',
    'WAITING-7-1234-120-0, WAITING-7-1234-120-0',
    'waiting-7-1234-120-0',
    'WAITING-07-1234-120-0',
    'WAITING-7-1234-0-0',
    'WAITING-7--1-120-0',
    'WAITING-7-1e3-120-0',
    'WAITING-7-1234-1234567890123456-0',
    'EXPIRED-7-1234-0',
    'EXPIRED-7',
    'GONE-7-1234',
    `LEFT-7-${'9'.repeat(40)}`,
    'WAITING-\uff17-1234-120-0',
  ])('in any other form is not read: %p', (id) => {
    expect(readEventId(id)).toBeUndefined()
  })
})
