import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { daysAhead, outcome, startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

// Changes of the times of a schedule.
let underTest: CatalogUnderTest

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterAll(() => underTest.dispose())

const call: CatalogUnderTest['callAsAdmin'] = (...request) => underTest.callAsAdmin(...request)

const outboxOf = async (scheduleId: number) => {
  const { rows } = await underTest.owner.query<{ type: string; payload: object }>(
    'SELECT type, payload FROM outbox WHERE message_key = $1 ORDER BY id OFFSET 1',
    [String(scheduleId)],
  )
  return rows
}

test('a move is shown everywhere at once and told to the other services', async () => {
  const { concertId, scheduleId, path } = await underTest.createSchedule({ bookingOpenAt: daysAhead(2) })
  await underTest.call('GET', path)
  const times = {
    performanceAt: '2099-12-24T19:30:00.000Z',
    waitingRoomOpenAt: '2099-12-01T08:00:00.000Z',
    bookingOpenAt: '2099-12-01T09:00:00.000Z',
    bookingCloseAt: '2099-12-24T12:00:00.000Z',
  }
  const moved = await call('PATCH', `/admin/schedules/${scheduleId}`, { ...times, status: 'CLOSED' })
  expect(moved.data).toMatchObject({
    ...times,
    status: 'CLOSED',
    performanceDate: '2099-12-24',
    performanceTime: '19:30:00',
    availableSeats: 50,
  })
  expect((await underTest.call('GET', path)).data).toMatchObject({ ...times, concertId })
  expect(await outboxOf(scheduleId)).toEqual([
    { type: 'ScheduleStatusChanged', payload: { scheduleId, status: 'CLOSED' } },
    { type: 'ScheduleMoved', payload: { scheduleId, ...times, refundableUntil: null } },
  ])
  // What it has already changes nothing.
  const again = await call('PATCH', `/admin/schedules/${scheduleId}`, times)
  expect(again.headers.get('etag')).toBe(moved.headers.get('etag'))
  expect(await outboxOf(scheduleId)).toHaveLength(2)
})

test('a moved opening takes a waiting room along that opens with the booking, and no other', async () => {
  const opening = daysAhead(2)
  const alike = await underTest.createSchedule()
  const moved = await call('PATCH', `/admin/schedules/${alike.scheduleId}`, { bookingOpenAt: opening })
  expect(moved.data).toMatchObject({ bookingOpenAt: opening, waitingRoomOpenAt: opening })
  const roomOpening = daysAhead(-2)
  const own = await underTest.createSchedule({ waitingRoomOpenAt: roomOpening })
  const other = await call('PATCH', `/admin/schedules/${own.scheduleId}`, { bookingOpenAt: opening })
  expect(other.data).toMatchObject({ bookingOpenAt: opening, waitingRoomOpenAt: roomOpening })
})

test.each([
  ['performanceAt', { performanceAt: daysAhead(-1) }],
  ['bookingCloseAt', { performanceAt: daysAhead(18) }],
  ['bookingCloseAt', { bookingCloseAt: daysAhead(-0.5) }],
  ['bookingCloseAt', { bookingOpenAt: daysAhead(19.5) }],
  ['waitingRoomOpenAt', { waitingRoomOpenAt: daysAhead(1) }],
  ['bookingOpenAt', { bookingOpenAt: 'soon' }],
  ['body', {}],
  ['seatCount', { seatCount: 60 }],
])('wrong %s is refused and changes nothing', async (field, change) => {
  const { scheduleId } = await underTest.createSchedule()
  const before = await call('GET', `/admin/schedules/${scheduleId}`)
  const refused = await call('PATCH', `/admin/schedules/${scheduleId}`, change)
  expect(outcome(refused)).toEqual([400, 'INVALID_REQUEST'])
  expect(Object(refused.error?.details)[0]).toMatchObject({ in: 'body', field })
  const after = await call('GET', `/admin/schedules/${scheduleId}`)
  expect([after.data, after.headers.get('etag')]).toEqual([before.data, before.headers.get('etag')])
  expect(await outboxOf(scheduleId)).toEqual([])
})

/** As if the booking had been closed some time ago. */
const closeSince = async (scheduleId: number, minutes: number): Promise<void> => {
  const path = `/admin/schedules/${scheduleId}`
  expect((await call('PATCH', path, { status: 'CLOSED' })).status).toBe(200)
  await underTest.owner.query(
    'UPDATE schedules SET last_open_at = now() - make_interval(mins => $2) WHERE schedule_id = $1',
    [scheduleId, minutes],
  )
}

test('a move to another date is refused while somebody could hold, and tells what to do; its window still moves', async () => {
  const move = { performanceAt: daysAhead(30) }
  for (const changes of [{}, { bookingOpenAt: daysAhead(0.003) }]) {
    const { scheduleId } = await underTest.createSchedule(changes)
    const path = `/admin/schedules/${scheduleId}`
    const asked = underTest.neighbours.takenCalls
    for (const change of [move, { ...move, status: 'CLOSED' }, { ...move, bookingOpenAt: daysAhead(2) }]) {
      const refused = await call('PATCH', path, change)
      expect(outcome(refused)).toEqual([409, 'SCHEDULE_NOT_CHANGEABLE'])
      expect(refused.error?.message).toContain('close the schedule first')
      expect(refused.error?.details).toEqual({ field: 'performanceAt', movableAt: null })
    }
    expect((await call('PATCH', path, { bookingCloseAt: daysAhead(10) })).status).toBe(200)
    const before = Date.now()
    expect((await call('PATCH', path, { status: 'CLOSED' })).status).toBe(200)
    const early = await call('PATCH', path, move)
    expect(outcome(early)).toEqual([409, 'SCHEDULE_NOT_CHANGEABLE'])
    const { movableAt } = Object(early.error?.details)
    expect(Date.parse(movableAt)).toBeGreaterThanOrEqual(before + 360_000)
    expect(Date.parse(movableAt)).toBeLessThanOrEqual(Date.now() + 360_000)
    // Opening and closing it again begins the time anew.
    await closeSince(scheduleId, 7)
    expect((await call('PATCH', path, { status: 'ON_SALE' })).status).toBe(200)
    expect((await call('PATCH', path, { status: 'CLOSED' })).status).toBe(200)
    expect(outcome(await call('PATCH', path, move))).toEqual([409, 'SCHEDULE_NOT_CHANGEABLE'])
    expect(underTest.neighbours.takenCalls).toBe(asked)
    await closeSince(scheduleId, 7)
    expect((await call('PATCH', path, { ...move, status: 'ON_SALE' })).data).toMatchObject(move)
  }
})

test('a move to another date is refused while somebody has a seat', async () => {
  const { scheduleId } = await underTest.createSchedule({ bookingOpenAt: daysAhead(2) })
  const path = `/admin/schedules/${scheduleId}`
  underTest.neighbours.taken = { held: [1, 2], sold: [3] }
  try {
    const refused = await call('PATCH', path, { performanceAt: daysAhead(30) })
    expect(outcome(refused)).toEqual([409, 'SCHEDULE_NOT_CHANGEABLE'])
    expect(refused.error?.details).toEqual({ field: 'performanceAt', heldSeats: 2, soldSeats: 1 })
  } finally {
    underTest.neighbours.taken = { held: [], sold: [] }
  }
  expect((await call('PATCH', path, { performanceAt: daysAhead(30) })).status).toBe(200)
})

test('a move asks who has seats before its transaction, and is refused where another change came between', async () => {
  const { scheduleId } = await underTest.createSchedule({ bookingOpenAt: daysAhead(2) })
  const path = `/admin/schedules/${scheduleId}`
  const { neighbours, owner } = underTest
  const asked = neighbours.takenCalls
  await owner.query('BEGIN')
  // Nobody can claim a key meanwhile, so that a transaction that asks would never come to it.
  await owner.query('LOCK TABLE idempotency_keys IN SHARE MODE')
  await owner.query('UPDATE schedules SET version = version + 1 WHERE schedule_id = $1', [scheduleId])
  const key = { 'Idempotency-Key': randomUUID() }
  const moved = call('PATCH', path, { performanceAt: '2099-12-24T19:30:00Z' }, key)
  try {
    await eventually(() => expect(neighbours.takenCalls).toBe(asked + 1))
  } finally {
    await owner.query('COMMIT')
  }
  expect(outcome(await moved)).toEqual([412, 'PRECONDITION_FAILED'])
  expect(neighbours.takenCalls).toBe(asked + 1)
  expect(await outboxOf(scheduleId)).toEqual([])
  // The second try moves it, and a repeat of that asks nobody.
  for (const replayed of [null, 'true']) {
    const again = await call('PATCH', path, { performanceAt: '2099-12-24T19:30:00Z' }, key)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, replayed])
  }
  expect(neighbours.takenCalls).toBe(asked + 2)
})

test('a move is too late once the schedule is cancelled or has begun', async () => {
  const { scheduleId } = await underTest.createSchedule()
  const path = `/admin/schedules/${scheduleId}`
  const move = { bookingCloseAt: daysAhead(10) }
  await underTest.owner.query(
    `UPDATE schedules SET performance_at = now() - interval '1 minute', booking_close_at = now() - interval '1 hour'
     WHERE schedule_id = $1`,
    [scheduleId],
  )
  expect(outcome(await call('PATCH', path, { performanceAt: daysAhead(30), ...move }))).toEqual([
    409,
    'SCHEDULE_NOT_CHANGEABLE',
  ])
  expect((await call('PATCH', path, { status: 'CANCELLED' })).status).toBe(200)
  expect(outcome(await call('PATCH', path, move))).toEqual([409, 'SCHEDULE_NOT_CHANGEABLE'])
})
