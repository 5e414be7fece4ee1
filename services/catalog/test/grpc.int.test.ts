import { credentials, Metadata } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { CheckInvariantsResponse__Output as CheckInvariantsResponse } from '@frontrow/proto/gen/frontrow/audit/v1/CheckInvariantsResponse'
import type { GetSeatRunsResponse__Output as GetSeatRunsResponse } from '@frontrow/proto/gen/frontrow/catalog/v1/GetSeatRunsResponse'
import type { GetSeatsResponse__Output as GetSeatsResponse } from '@frontrow/proto/gen/frontrow/catalog/v1/GetSeatsResponse'
import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { AuditService, CatalogService } from '@frontrow/proto/services'
import { startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

let underTest: CatalogUnderTest
let client: InstanceType<typeof CatalogService>
let auditClient: InstanceType<typeof AuditService>

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
  const address = `127.0.0.1:${underTest.catalog.ports.grpc}`
  client = new CatalogService(address, credentials.createInsecure())
  auditClient = new AuditService(address, credentials.createInsecure())
})

afterAll(async () => {
  client.close()
  auditClient.close()
  await underTest.dispose()
})

const withDeadline = () => ({ deadline: Date.now() + 30_000 })

/** A callback that settles a promise; a refusal rejects with its code. */
function settle<T>(resolve: (value: T) => void, reject: (error: Error) => void) {
  return (error: { metadata: Metadata } | null, value?: T): void => {
    if (error !== null) reject(new Error(String(error.metadata.get('x-error-code')[0])))
    else if (value !== undefined) resolve(value)
  }
}

const getSchedule = (scheduleId: number): Promise<Schedule> =>
  new Promise((resolve, reject) => {
    client.getSchedule({ scheduleId }, new Metadata(), withDeadline(), settle(resolve, reject))
  })
const getSeats = (scheduleId: number, afterSeatId: number, limit: number): Promise<GetSeatsResponse> =>
  new Promise((resolve, reject) => {
    const page = { scheduleId, afterSeatId, limit }
    client.getSeats(page, new Metadata(), withDeadline(), settle(resolve, reject))
  })
const getSeatRuns = (scheduleId: number, afterSeatId: number, limit: number): Promise<GetSeatRunsResponse> =>
  new Promise((resolve, reject) => {
    const page = { scheduleId, afterSeatId, limit }
    client.getSeatRuns(page, new Metadata(), withDeadline(), settle(resolve, reject))
  })

describe('for other services', () => {
  test('a schedule is told with its times in milliseconds', async () => {
    const waitingRoomOpenAt = new Date(Date.now() - 2 * 86_400_000)
    const { concertId, scheduleId } = await underTest.createSchedule({
      waitingRoomOpenAt: waitingRoomOpenAt.toISOString(),
    })
    expect(await getSchedule(scheduleId)).toMatchObject({
      scheduleId,
      concertId,
      concertTitle: 'First Light',
      venueName: 'Hall',
      waitingRoomOpenAtMs: waitingRoomOpenAt.getTime(),
      status: 'ON_SALE',
      seatCount: 50,
    })
  })

  test('a change of status is told at once', async () => {
    const { scheduleId } = await underTest.createSchedule()
    await getSchedule(scheduleId)
    await underTest.call('PATCH', `/admin/schedules/${scheduleId}`, {
      admin: true,
      body: { status: 'CLOSED' },
    })
    expect((await getSchedule(scheduleId)).status).toBe('CLOSED')
  })

  test('seats come in pages, in the order of their ids', async () => {
    const { scheduleId } = await underTest.createSchedule()
    const { seats } = await getSeats(scheduleId, 0, 30)
    expect(seats).toHaveLength(30)
    expect(seats[29]).toEqual({
      seatId: 30,
      seatNumber: 10,
      section: 'Floor',
      row: 'C',
      grade: 'R',
      price: 110_000,
    })
    expect((await getSeats(scheduleId, 30, 2_000)).seats.map(({ seatId }) => seatId)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 31),
    )
    expect((await getSeats(scheduleId, 50, 10)).seats).toEqual([])
  })

  test('seats by the run are the same seats, also where a page ends within a row', async () => {
    const { scheduleId } = await underTest.createSchedule({
      sections: [
        { section: 'Floor', grade: 'VIP', price: 1_500, rows: 2, seatsPerRow: 10 },
        { section: 'Balcony', grade: 'R', price: 900, rows: 3, seatsPerRow: 7 },
        { section: 'Floor', grade: 'R', price: 900, rows: 1, seatsPerRow: 12 },
      ],
    })
    const { seats } = await getSeats(scheduleId, 0, 100)
    const first = await getSeatRuns(scheduleId, 0, 26)
    const rest = await getSeatRuns(scheduleId, 26, 10_000)
    expect(first.runs.map((run) => run.seatCount)).toEqual([10, 10, 6])
    expect(rest.runs.map((run) => run.seatCount)).toEqual([1, 7, 7, 12])
    const told = [...first.runs, ...rest.runs].flatMap(
      ({ firstSeatId, firstSeatNumber, seatCount, ...where }) =>
        Array.from({ length: seatCount }, (_, index) => ({
          seatId: firstSeatId + index,
          seatNumber: firstSeatNumber + index,
          ...where,
        })),
    )
    expect(told).toEqual(seats)
    expect((await getSeatRuns(scheduleId, 53, 10)).runs).toEqual([])
  })

  test('what is not there, and what is not valid, is refused', async () => {
    await expect(getSchedule(999_999)).rejects.toThrow('SCHEDULE_NOT_FOUND')
    await expect(getSeats(999_999, 0, 10)).rejects.toThrow('SCHEDULE_NOT_FOUND')
    await expect(getSeats(1, 0, 2_001)).rejects.toThrow('INVALID_REQUEST')
    await expect(getSeatRuns(999_999, 0, 10)).rejects.toThrow('SCHEDULE_NOT_FOUND')
    await expect(getSeatRuns(1, 0, 10_001)).rejects.toThrow('INVALID_REQUEST')
    await expect(getSchedule(0)).rejects.toThrow('INVALID_REQUEST')
  })
})

test('the audit counts messages and finds an outbox row that nobody publishes', async () => {
  const check = (): Promise<CheckInvariantsResponse> =>
    new Promise((resolve, reject) => {
      auditClient.checkInvariants({}, new Metadata(), withDeadline(), settle(resolve, reject))
    })
  const { scheduleId } = await underTest.createSchedule()
  // Nobody publishes here, and what was written before may have waited for half a minute.
  await underTest.owner.query('UPDATE outbox SET published_at = now()')
  const before = (await check()).invariants
  expect(before).toMatchObject([
    { number: 7, violationCount: 0 },
    { number: 6, violationCount: 0 },
  ])
  expect(before[0]?.checked).toBeGreaterThan(0)
  await underTest.owner.query(
    `UPDATE outbox SET occurred_at = now() - interval '1 minute', published_at = NULL WHERE message_key = $1`,
    [String(scheduleId)],
  )
  const [broken] = (await check()).invariants
  expect(broken?.violationCount).toBe(1)
  expect(broken?.violations[0]).toMatch(/^catalog: outbox row .* ScheduleCreated|ScheduleCreated/)
})
