import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { Producer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import fc from 'fast-check'
import { noteReservations } from '../src/sql/reserved-seats.ts'
import type { ReservationNews } from '../src/sql/reserved-seats.ts'
import { numberIn, startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

let underTest: CatalogUnderTest
let producer: Producer

beforeAll(async () => {
  underTest = await startCatalogUnderTest({ topics: true })
  const { kafkaBrokers } = underTest.environment
  const logger = createLogger({ service: 'catalog-test', level: 'silent' })
  producer = createProducer(
    createKafka({ clientId: 'catalog-test', brokers: kafkaBrokers.split(','), logger }),
  )
  await producer.connect()
})

afterAll(async () => {
  await producer.disconnect()
  await underTest.dispose()
})

interface Event {
  id: string
  type: string
  scheduleId: number
  reservationId?: string
}

const otherFields = {
  ReservationHeld: { totalAmount: 1, expiresAt: '2027-01-01T00:00:00.000Z' },
  ReservationConfirmed: { totalAmount: 1, paymentId: randomUUID() },
  ReservationCancelled: { paymentId: null, reason: 'USER_CANCELLED' },
  ReservationExpired: {},
}

function event(
  type: keyof typeof otherFields,
  about: { reservationId: string; scheduleId: number; seatIds: number[] },
): Event {
  return { id: randomUUID(), type, ...otherFields[type], ...about }
}

function blockEvent(
  type: 'SeatsBlocked' | 'SeatsUnblocked',
  about: { scheduleId: number; blocks: { blockId: string; seatId: number }[] },
): Event & typeof about {
  return { id: randomUUID(), type, ...about }
}

async function publish(events: readonly Event[]): Promise<void> {
  await producer.send({
    topic: underTest.environment.topicPrefix + topics.reservationEvents,
    acks: -1,
    messages: events.map(({ id, type, ...value }) => ({
      key: value.reservationId ?? String(value.scheduleId),
      value: JSON.stringify({ userId: '101', ...value }),
      headers: toHeaders({
        id,
        type,
        source: 'frontrow/reservation',
        time: new Date(),
        traceparent: null,
        requestId: null,
      }),
    })),
  })
}

const seatsLeft = async (path: string) => numberIn(await underTest.call('GET', path), 'availableSeats')
const eventuallyLeft = (path: string, left: number) =>
  eventually(async () => expect(await seatsLeft(path)).toBe(left))

describe('seats left', () => {
  test('follow the reservations that Kafka brings', async () => {
    const { scheduleId, path, concertId } = await underTest.createSchedule()
    const first = { reservationId: randomUUID(), scheduleId, seatIds: [1, 2, 3] }
    const second = { reservationId: randomUUID(), scheduleId, seatIds: [4] }
    await publish([event('ReservationHeld', first), event('ReservationHeld', second)])
    await eventuallyLeft(path, 46)
    await publish([event('ReservationConfirmed', first), event('ReservationExpired', second)])
    await eventuallyLeft(path, 47)
    const list = await underTest.call('GET', `/concerts/${concertId}/schedules`)
    expect(list.data).toMatchObject([{ scheduleId, availableSeats: 47 }])
    await publish([event('ReservationCancelled', first)])
    await eventuallyLeft(path, 50)
  })

  test('stay right when events come again, under the same id or another', async () => {
    const { scheduleId, path } = await underTest.createSchedule()
    const gone = { reservationId: randomUUID(), scheduleId, seatIds: [1, 2] }
    const kept = { reservationId: randomUUID(), scheduleId, seatIds: [3] }
    const held = event('ReservationHeld', gone)
    await publish([
      held,
      held,
      event('ReservationCancelled', gone),
      held,
      event('ReservationConfirmed', gone),
    ])
    await publish([event('ReservationHeld', kept), event('ReservationHeld', kept)])
    await eventuallyLeft(path, 49)
  })

  test('are the same in whatever order and however often events come', async () => {
    const { scheduleId } = await underTest.createSchedule()
    const ends = fc.constantFrom('open', 'ended')
    const picked = fc.array(fc.nat(), { minLength: 3, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(ends, picked, fc.nat(10), async (end, picks, split) => {
        const reserved = { reservationId: randomUUID(), scheduleId, seatIds: [1, 2] }
        const news: ReservationNews[] = [
          { ...reserved, became: 'RESERVED' },
          ...(end === 'ended' ? [{ ...reserved, became: 'RELEASED' as const }] : []),
        ]
        // All news come at least once and some come again, in a random order, each in one of two batches.
        const order = [...news, ...picks.flatMap((pick) => news.slice(pick % news.length).slice(0, 1))]
          .map((one, index) => ({ one, at: picks[index] ?? index }))
          .toSorted((one, other) => one.at - other.at)
          .map(({ one }) => one)
        for (const batch of [order.slice(0, split), order.slice(split)]) {
          await noteReservations(underTest.catalog.ctx.pool, batch)
        }
        const { rows } = await underTest.owner.query(
          `SELECT coalesce(sum(seat_count), 0)::int AS taken FROM reserved_seats
           WHERE reservation_id = $1 AND released_at IS NULL`,
          [reserved.reservationId],
        )
        expect(rows).toEqual([{ taken: end === 'ended' ? 0 : 2 }])
      }),
      { numRuns: 30 },
    )
  })

  test('are told by grade, and their sum is that of the schedule', async () => {
    const { scheduleId, path } = await underTest.createSchedule()
    // Seats 1 to 20 are VIP, 21 to 50 are R.
    await publish([
      event('ReservationHeld', { reservationId: randomUUID(), scheduleId, seatIds: [19, 20, 21] }),
      event('ReservationHeld', { reservationId: randomUUID(), scheduleId, seatIds: [50] }),
    ])
    await eventuallyLeft(path, 46)
    const { data } = await underTest.call('GET', path)
    expect(data).toMatchObject({
      availableSeats: 46,
      grades: [
        { grade: 'VIP', seatCount: 20, availableSeats: 18 },
        { grade: 'R', seatCount: 30, availableSeats: 28 },
      ],
    })
  })

  test('are put right by the reservation service where events were lost, or rows are of an older version', async () => {
    const { scheduleId, path } = await underTest.createSchedule()
    const { pool } = underTest.catalog.ctx
    const [lost, ended, old] = [randomUUID(), randomUUID(), randomUUID()]
    await noteReservations(pool, [
      { scheduleId, reservationId: ended, seatIds: [1, 2, 3, 4], became: 'RESERVED' },
    ])
    await underTest.owner.query(
      'INSERT INTO reserved_seats (schedule_id, reservation_id, seat_count) VALUES ($1, $2, 1)',
      [scheduleId, old],
    )
    underTest.neighbours.live.set(scheduleId, [
      { reservationId: lost, seatIds: [30, 31] },
      { reservationId: old, seatIds: [5] },
    ])
    await eventually(async () =>
      expect((await underTest.call('GET', path)).data).toMatchObject({
        availableSeats: 47,
        grades: [{ availableSeats: 19 }, { availableSeats: 28 }],
      }),
    )
    // An event of what has ended takes no seats again.
    await publish([event('ReservationHeld', { reservationId: ended, scheduleId, seatIds: [1, 2, 3, 4] })])
    await publish([event('ReservationExpired', { reservationId: old, scheduleId, seatIds: [5] })])
    await eventuallyLeft(path, 48)
  })

  test('are right soon though no event comes, and go on from events where the reservation service is away', async () => {
    const { scheduleId, path, concertId } = await underTest.createSchedule()
    const { takenNow } = underTest.neighbours
    const eventuallyOfGrades = (vip: number, r: number) =>
      eventually(
        async () => {
          const { data } = await underTest.call('GET', path)
          expect(data).toMatchObject({
            availableSeats: vip + r,
            grades: [{ availableSeats: vip }, { availableSeats: r }],
          })
          const list = await underTest.call('GET', `/concerts/${concertId}/schedules`)
          expect(list.data).toMatchObject([{ scheduleId, availableSeats: vip + r }])
        },
        // The rest is for a busy machine.
        { withinMs: 20_000 },
      )
    takenNow.set(scheduleId, [])
    await eventuallyOfGrades(20, 30)
    takenNow.set(scheduleId, [19, 20, 21])
    await eventuallyOfGrades(18, 29)
    const section = { section: 'Back', grade: 'VIP', price: 150_000, rows: 1, seatsPerRow: 10 }
    const added = { admin: true, body: section }
    expect((await underTest.call('POST', `/admin/schedules/${scheduleId}/sections`, added)).status).toBe(201)
    takenNow.set(scheduleId, [20, 21, 60])
    await eventuallyOfGrades(28, 29)
    takenNow.delete(scheduleId)
    await eventuallyOfGrades(30, 30)
  })

  test('are without the seats that the house keeps back, also by grade and after they were compared', async () => {
    const { scheduleId, path } = await underTest.createSchedule()
    const [kept, back, old] = [randomUUID(), randomUUID(), randomUUID()]
    await publish([
      blockEvent('SeatsBlocked', {
        scheduleId,
        blocks: [
          { blockId: kept, seatId: 20 },
          { blockId: back, seatId: 21 },
        ],
      }),
    ])
    // A row of a version that did not keep seat ids.
    await underTest.owner.query(
      'INSERT INTO reserved_seats (schedule_id, reservation_id, seat_count) VALUES ($1, $2, 1)',
      [scheduleId, old],
    )
    underTest.neighbours.live.set(scheduleId, [
      { reservationId: kept, seatIds: [20] },
      { reservationId: back, seatIds: [21] },
      { reservationId: old, seatIds: [50] },
    ])
    // Its seat ids come from the comparison, so what is seen then is seen after it.
    const eventuallyOfGrades = (vip: number, r: number) =>
      eventually(async () =>
        expect((await underTest.call('GET', path)).data).toMatchObject({
          availableSeats: vip + r,
          grades: [{ availableSeats: vip }, { availableSeats: r }],
        }),
      )
    await eventuallyOfGrades(19, 28)
    await publish([blockEvent('SeatsUnblocked', { scheduleId, blocks: [{ blockId: back, seatId: 21 }] })])
    await eventuallyOfGrades(19, 29)
  })

  test('are told to admins as they are to everybody, and booking that has closed by the clock is CLOSED to them too', async () => {
    const { scheduleId, concertId } = await underTest.createSchedule({
      bookingCloseAt: new Date(Date.now() + 1_500).toISOString(),
    })
    await publish([event('ReservationHeld', { reservationId: randomUUID(), scheduleId, seatIds: [20, 21] })])
    const list = `/admin/concerts/${concertId}/schedules`
    await eventually(async () => {
      const { data } = await underTest.call('GET', `/admin/schedules/${scheduleId}`, { admin: true })
      expect(data).toMatchObject({
        status: 'CLOSED',
        availableSeats: 48,
        grades: [{ availableSeats: 19 }, { availableSeats: 29 }],
      })
      const closed = await underTest.call('GET', `${list}?status=CLOSED`, { admin: true })
      expect(closed.data).toMatchObject({ items: [{ scheduleId, status: 'CLOSED', availableSeats: 48 }] })
      const onSale = await underTest.call('GET', `${list}?status=ON_SALE`, { admin: true })
      expect(onSale.data).toMatchObject({ items: [] })
    })
    const body = { section: 'Z', grade: 'VIP', price: 150_000, rows: 1, seatsPerRow: 10 }
    const added = await underTest.call('POST', `/admin/schedules/${scheduleId}/sections`, {
      admin: true,
      body,
    })
    expect(added).toMatchObject({
      status: 201,
      data: { availableSeats: 58, grades: [{ availableSeats: 29 }, { availableSeats: 29 }] },
    })
  })

  test('are none of a cancelled schedule, whose map says so too', async () => {
    const { scheduleId, path } = await underTest.createSchedule()
    const headers = { 'Queue-Token': underTest.queueToken(scheduleId) }
    expect(await seatsLeft(path)).toBe(50)
    const body = { status: 'CANCELLED' }
    await underTest.call('PATCH', `/admin/schedules/${scheduleId}`, { admin: true, body })
    await eventually(async () => {
      const { data } = await underTest.call('GET', path)
      expect(data).toMatchObject({
        status: 'CANCELLED',
        availableSeats: 0,
        grades: [{ availableSeats: 0 }, { availableSeats: 0 }],
      })
      const states = await underTest.call('GET', `${path}/seats/states`, { headers })
      expect(states.data).toMatchObject({
        scheduleInfo: { status: 'CANCELLED', availableSeats: 0 },
        states: 'S'.repeat(50),
      })
      const free = await underTest.call('GET', `${path}/seats?status=AVAILABLE`, { headers })
      expect(free.data).toMatchObject({ seats: [] })
    })
  })

  test('booking that has closed by the clock is CLOSED, alone and in lists', async () => {
    const { scheduleId, path, concertId } = await underTest.createSchedule()
    const list = `/concerts/${concertId}/schedules`
    expect((await underTest.call('GET', path)).data).toMatchObject({ status: 'ON_SALE' })
    expect((await underTest.call('GET', list)).data).toMatchObject([{ scheduleId, status: 'ON_SALE' }])
    // Where it comes too late for its own time it is refused, and sent again.
    await eventually(async () => {
      const bookingCloseAt = new Date(Date.now() + 300).toISOString()
      const change = { admin: true, body: { bookingCloseAt } }
      expect((await underTest.call('PATCH', `/admin/schedules/${scheduleId}`, change)).status).toBe(200)
    })
    await eventually(async () => {
      expect((await underTest.call('GET', path)).data).toMatchObject({ status: 'CLOSED' })
      expect((await underTest.call('GET', list)).data).toEqual([])
      const closed = await underTest.call('GET', `${list}?status=CLOSED`)
      expect(closed.data).toMatchObject([{ scheduleId, status: 'CLOSED' }])
    })
  })

  test('the event about a new schedule is published', async () => {
    const { scheduleId } = await underTest.createSchedule()
    await eventually(async () => {
      const { rows } = await underTest.owner.query(
        'SELECT published_at IS NOT NULL AS published FROM outbox WHERE message_key = $1',
        [String(scheduleId)],
      )
      expect(rows).toEqual([{ published: true }])
    })
  })
})
