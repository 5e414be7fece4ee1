import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { outcome, startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

// That a seat which is held or sold can not be blocked is the reservation service's to say: see its house-seats.int.test.ts.
let underTest: CatalogUnderTest

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterAll(() => underTest.dispose())

const patch = (scheduleId: number, body: unknown, headers: Record<string, string> = {}) =>
  underTest.call('PATCH', `/admin/schedules/${scheduleId}/seats`, { admin: true, body, headers })

test('seats that are taken off sale are BLOCKED in the map and B in its compact form', async () => {
  const { scheduleId, path } = await underTest.createSchedule()
  const key = { 'Idempotency-Key': randomUUID() }
  const body = { seatIds: [3, 2], status: 'BLOCKED' }
  const first = await patch(scheduleId, body, key)
  expect([first.status, first.data]).toEqual([200, { scheduleId, status: 'BLOCKED', changedSeatIds: [2, 3] }])
  for (const seatIds of [body.seatIds, body.seatIds.toReversed()]) {
    expect((await patch(scheduleId, { ...body, seatIds }, key)).data).toEqual(first.data)
  }
  expect((await patch(scheduleId, body)).data).toMatchObject({ changedSeatIds: [] })
  const headers = { 'queue-token': underTest.queueToken(scheduleId) }
  await eventually(async () => {
    const { data } = await underTest.call('GET', `${path}/seats?status=BLOCKED`, { headers })
    expect(Object(data).seats).toMatchObject([
      { seatId: 2, status: 'BLOCKED' },
      { seatId: 3, status: 'BLOCKED' },
    ])
  })
  const { data } = await underTest.call('GET', `${path}/seats/states`, { headers })
  expect(Object(data).states).toBe(`ABB${'A'.repeat(47)}`)
  underTest.neighbours.taken = { held: [], sold: [] }
})

test('seats of a schedule that somebody else has changed are not blocked by whoever says which version they read', async () => {
  const { scheduleId } = await underTest.createSchedule()
  const body = { seatIds: [4], status: 'BLOCKED' }
  expect(outcome(await patch(scheduleId, body, { 'If-Match': '"v999"' }))).toEqual([
    412,
    'PRECONDITION_FAILED',
  ])
  expect(underTest.neighbours.taken.blocked ?? []).toEqual([])
  expect((await patch(scheduleId, body, { 'If-Match': '"v1"' })).status).toBe(200)
  underTest.neighbours.taken = { held: [], sold: [] }
})

test('admins see the map that the people see, BLOCKED seats too, without a place in the waiting room', async () => {
  const { scheduleId, path } = await underTest.createSchedule()
  underTest.neighbours.taken = { held: [1], sold: [2], blocked: [3] }
  const get = (suffix: string, headers: Record<string, string> = {}) =>
    underTest.call('GET', `/admin/schedules/${scheduleId}/seats${suffix}`, { admin: true, headers })
  const letIn = { 'queue-token': underTest.queueToken(scheduleId) }
  for (const suffix of ['', '?status=BLOCKED', '/states']) {
    // The map may be read anew between the two.
    const tag = await eventually(async () => {
      const [forPeople, forAdmins] = await Promise.all([
        underTest.call('GET', `${path}/seats${suffix}`, { headers: letIn }),
        get(suffix),
      ])
      expect([suffix, forAdmins.status, forAdmins.data]).toEqual([suffix, 200, forPeople.data])
      const ofPeople = forPeople.headers.get('etag') ?? ''
      expect([forAdmins.headers.get('etag'), forAdmins.headers.get('cache-control')]).toEqual([
        ofPeople,
        'private, no-cache',
      ])
      return ofPeople
    })
    expect((await get(suffix, { 'If-None-Match': tag })).status).toBe(304)
  }
  const { states, layoutEndpoint } = Object((await get('/states')).data)
  expect(states).toBe(`HSB${'A'.repeat(47)}`)
  const layout = await underTest.call('GET', layoutEndpoint.replace('/api/v1', ''))
  expect(Object(layout.data).seats).toHaveLength(50)
  underTest.neighbours.taken = { held: [], sold: [] }
})

test('the map of admins is refused to others, of no schedule, and for a filter that is none', async () => {
  const { scheduleId } = await underTest.createSchedule()
  for (const suffix of ['/seats', '/seats/states']) {
    const path = `/admin/schedules/${scheduleId}${suffix}`
    const letIn = { 'queue-token': underTest.queueToken(scheduleId) }
    expect(outcome(await underTest.call('GET', path, { headers: letIn }))).toEqual([401, 'UNAUTHENTICATED'])
    expect(outcome(await underTest.call('GET', path, { user: '101', headers: letIn }))).toEqual([
      403,
      'FORBIDDEN',
    ])
    for (const [id, expected] of [
      ['999999', [404, 'SCHEDULE_NOT_FOUND']],
      ['x', [400, 'INVALID_REQUEST']],
    ] as const) {
      const refused = await underTest.call('GET', `/admin/schedules/${id}${suffix}`, { admin: true })
      expect([id, outcome(refused)]).toEqual([id, expected])
    }
  }
  const wrong = await underTest.call('GET', `/admin/schedules/${scheduleId}/seats?status=FREE`, {
    admin: true,
  })
  expect([...outcome(wrong), wrong.error?.details]).toMatchObject([
    400,
    'INVALID_REQUEST',
    [{ in: 'query', field: 'status' }],
  ])
})

test('the reservation service is asked before any transaction begins, and not again for a repeat', async () => {
  const { scheduleId } = await underTest.createSchedule()
  const { neighbours, owner } = underTest
  const headers = { 'Idempotency-Key': randomUUID() }
  const body = { seatIds: [7], status: 'BLOCKED' }
  // Nobody can claim a key meanwhile, so that a transaction that asks would never come to it.
  await owner.query('BEGIN')
  await owner.query('LOCK TABLE idempotency_keys IN SHARE MODE')
  const blocking = patch(scheduleId, body, headers)
  try {
    await eventually(() => expect(neighbours.taken.blocked).toEqual([7]))
  } finally {
    await owner.query('COMMIT')
  }
  const first = await blocking
  expect(first.data).toEqual({ scheduleId, status: 'BLOCKED', changedSeatIds: [7] })
  neighbours.taken = { held: [], sold: [] }
  expect((await patch(scheduleId, body, headers)).data).toEqual(first.data)
  expect(neighbours.taken.blocked ?? []).toEqual([])
})

test('what breaks a rule is refused before the reservation service is asked', async () => {
  const { scheduleId } = await underTest.createSchedule()
  for (const [field, body] of [
    ['seatIds', { seatIds: [], status: 'BLOCKED' }],
    ['seatIds', { seatIds: [1, 1], status: 'BLOCKED' }],
    ['seatIds', { seatIds: Array.from({ length: 1_001 }, (_, index) => index + 1), status: 'BLOCKED' }],
    ['seatIds.0', { seatIds: [0], status: 'BLOCKED' }],
    ['status', { seatIds: [1], status: 'SOLD_OUT' }],
  ] as const) {
    const refused = await patch(scheduleId, body)
    expect([field, ...outcome(refused)]).toEqual([field, 400, 'INVALID_REQUEST'])
    expect(refused.error?.details).toMatchObject([{ in: 'body', field }])
  }
  const unknown = await patch(scheduleId, { seatIds: [50, 51, 52], status: 'BLOCKED' })
  expect([...outcome(unknown), unknown.error?.details]).toEqual([
    404,
    'SEAT_NOT_FOUND',
    { seatIds: [51, 52] },
  ])
  expect(outcome(await patch(999_999, { seatIds: [1], status: 'BLOCKED' }))).toEqual([
    404,
    'SCHEDULE_NOT_FOUND',
  ])
  const cancel = { admin: true, body: { status: 'CANCELLED' } }
  await underTest.call('PATCH', `/admin/schedules/${scheduleId}`, cancel)
  expect(outcome(await patch(scheduleId, { seatIds: [1], status: 'BLOCKED' }))).toEqual([
    409,
    'SCHEDULE_NOT_CHANGEABLE',
  ])
  expect(underTest.neighbours.taken.blocked ?? []).toEqual([])
})
