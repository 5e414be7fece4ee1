import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { credentials, Metadata } from '@grpc/grpc-js'
import { CatalogService } from '@frontrow/proto/services'
import { daysAhead, outcome, startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

// Until when money is given back, and how far that is once a schedule is cancelled.
let underTest: CatalogUnderTest

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterAll(() => underTest.dispose())

const call: CatalogUnderTest['callAsAdmin'] = (...request) => underTest.callAsAdmin(...request)

async function toldByGrpc(scheduleId: number): Promise<number | undefined> {
  const address = `127.0.0.1:${underTest.catalog.ports.grpc}`
  const client = new CatalogService(address, credentials.createInsecure())
  try {
    return await new Promise((resolve, reject) => {
      client.getSchedule(
        { scheduleId },
        new Metadata(),
        { deadline: Date.now() + 30_000 },
        (error, schedule) => (error === null ? resolve(schedule?.refundableUntilMs) : reject(error)),
      )
    })
  } finally {
    client.close()
  }
}

test('refundableUntil of a new schedule is shown to everybody and told to other services', async () => {
  const refundableUntil = daysAhead(10)
  const { concertId, scheduleId, path } = await underTest.createSchedule({ refundableUntil })
  expect((await underTest.call('GET', path)).data).toMatchObject({ refundableUntil })
  const list = await call('GET', `/admin/concerts/${concertId}/schedules`)
  expect(list.data).toMatchObject({ items: [{ scheduleId, refundableUntil }] })
  expect(await toldByGrpc(scheduleId)).toBe(Date.parse(refundableUntil))
})

test('without it money is given back until the performance begins', async () => {
  for (const changes of [{}, { refundableUntil: null }]) {
    const { scheduleId, path } = await underTest.createSchedule(changes)
    expect((await underTest.call('GET', path)).data).toMatchObject({ refundableUntil: null })
    expect(await toldByGrpc(scheduleId)).toBe(0)
  }
})

test('it is changed and taken away, which the other services are told of', async () => {
  const { scheduleId, path } = await underTest.createSchedule()
  const until = daysAhead(-0.5)
  for (const refundableUntil of [until, null]) {
    const changed = await call('PATCH', `/admin/schedules/${scheduleId}`, { refundableUntil })
    expect([changed.status, changed.data]).toMatchObject([200, { refundableUntil }])
    expect((await underTest.call('GET', path)).data).toMatchObject({ refundableUntil })
  }
  const { rows } = await underTest.owner.query<{ payload: object }>(
    `SELECT payload FROM outbox WHERE message_key = $1 AND type = 'ScheduleMoved' ORDER BY id`,
    [String(scheduleId)],
  )
  expect(rows.map(({ payload }) => payload)).toMatchObject([
    { refundableUntil: until },
    { refundableUntil: null },
  ])
})

test.each([
  ['after the performance', daysAhead(21), 'must not be after performanceAt'],
  ['not a time', 'tomorrow', expect.any(String)],
])('one that is %s is refused, names the field and changes nothing', async (_name, refundableUntil, rule) => {
  const { concertId, scheduleId } = await underTest.createSchedule()
  const before = await call('GET', `/admin/schedules/${scheduleId}`)
  const venueId = Object(before.data).venueId
  const sections = [{ section: 'A', grade: 'R', price: 1, rows: 1, seatsPerRow: 10 }]
  const times = { performanceAt: daysAhead(20), bookingOpenAt: daysAhead(1), bookingCloseAt: daysAhead(2) }
  const body = { venueId, sections, ...times, refundableUntil }
  for (const refused of [
    await call('PATCH', `/admin/schedules/${scheduleId}`, { refundableUntil }),
    await call('POST', `/admin/concerts/${concertId}/schedules`, body),
  ]) {
    expect(outcome(refused)).toEqual([400, 'INVALID_REQUEST'])
    expect(Object(refused.error?.details)[0]).toMatchObject({ in: 'body', field: 'refundableUntil', rule })
  }
  expect((await call('GET', `/admin/schedules/${scheduleId}`)).data).toEqual(before.data)
})

test('a performance does not move to before it', async () => {
  const refundableUntil = daysAhead(19.5)
  const { scheduleId } = await underTest.createSchedule({ bookingOpenAt: daysAhead(2), refundableUntil })
  const refused = await call('PATCH', `/admin/schedules/${scheduleId}`, { performanceAt: daysAhead(19.2) })
  expect(outcome(refused)).toEqual([400, 'INVALID_REQUEST'])
  expect(Object(refused.error?.details)).toMatchObject([{ field: 'refundableUntil' }])
})

test('a cancelled schedule tells admins how far its reservations and refunds are, and another one nothing of it', async () => {
  const { scheduleId } = await underTest.createSchedule()
  const path = `/admin/schedules/${scheduleId}`
  expect((await call('GET', path)).data).toMatchObject({ cancellation: null })
  await call('PATCH', path, { status: 'CANCELLED' })
  underTest.neighbours.cancellations.set(scheduleId, {
    live: 1_400,
    cancelled: 2_600,
    refundsPending: 100,
    refunded: 2_400,
  })
  expect((await call('GET', path)).data).toMatchObject({
    status: 'CANCELLED',
    cancellation: { reservations: 4_000, cancelled: 2_600, refundsPending: 100, refunded: 2_400 },
  })
})

test('it is shown without that while the reservations can not be asked', async () => {
  const { scheduleId } = await underTest.createSchedule()
  const path = `/admin/schedules/${scheduleId}`
  await call('PATCH', path, { status: 'CANCELLED' })
  const answer = await call('GET', path)
  expect([answer.status, answer.data]).toMatchObject([200, { status: 'CANCELLED', cancellation: null }])
})
