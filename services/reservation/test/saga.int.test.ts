import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DeadLetterCollector } from '@frontrow/messaging/dead-letter-collector'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { uuidv7 } from 'uuidv7'
import { startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

interface Published {
  id: number
  message_id: string
  type: string
  payload: Record<string, unknown>
}

let running: RunningService
let producer: ReturnType<typeof createProducer>
let deadLetters: DeadLetterCollector
const dead: { value: unknown; attempts: number }[] = []

beforeAll(async () => {
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '50' } })
  const { kafkaBrokers, topicPrefix } = running.environment
  const logger = createLogger({ service: 'test', level: 'silent' })
  const kafka = createKafka({ clientId: 'test', brokers: kafkaBrokers.split(','), logger })
  producer = createProducer(kafka)
  await producer.connect()
  deadLetters = new DeadLetterCollector({
    kafka,
    groupId: `${topicPrefix}dead-letters`,
    topics: [topics.reservationCommands],
    topicPrefix,
    logger,
    store: async ({ value, attempts }) => {
      dead.push({ value: JSON.parse(String(value)), attempts })
    },
    onCrash: (error) => {
      throw error
    },
  })
  await deadLetters.start()
})
afterAll(async () => {
  await deadLetters.stop()
  await producer.disconnect()
  await running.stop()
})

interface Sent {
  id?: string
  key: string
  type: string
  value: object
}

async function send(topic: string, ...messages: Sent[]): Promise<void> {
  await producer.send({
    topic: running.environment.topicPrefix + topic,
    messages: messages.map(({ id = uuidv7(), key, type, value }) => ({
      key,
      value: JSON.stringify(value),
      headers: toHeaders({
        id,
        type,
        source: 'frontrow/test',
        time: new Date(),
        traceparent: null,
        requestId: null,
      }),
    })),
  })
}

/** Messages about one reservation that were published, in order. */
async function published(reservationId: string): Promise<Published[]> {
  const { rows } = await running.db.query<Published>(
    `SELECT id, message_id, type, payload FROM outbox
     WHERE message_key = $1 AND published_at IS NOT NULL ORDER BY id`,
    [reservationId],
  )
  return rows
}

const repliesTo = async (reservationId: string, paymentId: string, count: number): Promise<Published[]> =>
  eventually(async () => {
    const replies = (await published(reservationId)).filter(
      (row) => row.type.startsWith('ReservationConfirm') && row.payload['paymentId'] === paymentId,
    )
    expect(replies).toHaveLength(count)
    return replies
  })

let nextSeatId = 2_001
async function holdTwo(userId: string, queueSequence = running.neighbours.sequence) {
  running.neighbours.sequence = queueSequence
  const seatIds = [nextSeatId, nextSeatId + 1]
  nextSeatId += 2
  const { data } = await running.hold(userId, { scheduleId: 2, seatIds })
  return { reservationId: String(data.reservationId), amount: Number(data.totalAmount), seatIds, userId }
}

type Held = Awaited<ReturnType<typeof holdTwo>>

async function pay(held: Held, paymentId: string, change: object = {}, id?: string): Promise<void> {
  const { reservationId, userId, amount } = held
  await send(topics.reservationCommands, {
    ...(id === undefined ? {} : { id }),
    key: reservationId,
    type: 'ConfirmReservation',
    value: { paymentId, reservationId, userId, amount, ...change },
  })
}

const read = async (held: Held) =>
  (await running.call(held.userId, 'GET', `/reservations/${held.reservationId}`)).data

describe('ConfirmReservation', () => {
  test('sells a live hold to its payment, and cancelling it asks for the refund', async () => {
    const held = await holdTwo('101')
    const paymentId = uuidv7()
    await pay(held, paymentId)
    const [reply] = await repliesTo(held.reservationId, paymentId, 1)
    expect(reply).toMatchObject({
      type: 'ReservationConfirmed',
      payload: {
        paymentId,
        reservationId: held.reservationId,
        userId: '101',
        scheduleId: 2,
        seatIds: held.seatIds,
        totalAmount: held.amount,
      },
    })
    expect(await read(held)).toMatchObject({ status: 'CONFIRMED', holdSecondsLeft: 0, refund: null })
    const taken = await running.hold('102', { scheduleId: 2, seatIds: held.seatIds })
    expect(taken.code).toBe('SEAT_TAKEN')

    const path = `/reservations/${held.reservationId}/cancel`
    const pending = {
      reservationId: held.reservationId,
      status: 'CANCELLED',
      refund: { paymentId, status: 'PENDING' },
    }
    expect((await running.call('101', 'POST', path)).data).toEqual(pending)
    expect((await running.call('101', 'POST', path)).data).toEqual(pending)
    expect((await running.hold('102', { scheduleId: 2, seatIds: held.seatIds })).status).toBe(201)
    const cancelled = await eventually(async () => {
      const rows = (await published(held.reservationId)).filter((row) => row.type === 'ReservationCancelled')
      expect(rows).toHaveLength(1)
      return rows[0]
    })
    expect(cancelled?.payload).toMatchObject({ paymentId, reason: 'USER_CANCELLED' })

    await send(topics.paymentEvents, {
      key: held.reservationId,
      type: 'PaymentRefunded',
      value: {
        paymentId,
        reservationId: held.reservationId,
        userId: '101',
        scheduleId: 2,
        amount: held.amount,
        reason: 'USER_CANCELLED',
        refundedAmount: held.amount,
      },
    })
    await eventually(async () =>
      expect((await running.call('101', 'POST', path)).data).toEqual({
        ...pending,
        refund: { paymentId, status: 'REFUNDED' },
      }),
    )
    // A late repeat of the command gets the first reply again, and changes nothing.
    await pay(held, paymentId)
    const replies = await repliesTo(held.reservationId, paymentId, 2)
    expect(new Set(replies.map((row) => row.message_id)).size).toBe(1)
    expect((await read(held)).status).toBe('CANCELLED')
  })

  test('the same command again, under the same id and another, is answered with the same message', async () => {
    const held = await holdTwo('111')
    const paymentId = uuidv7()
    const id = uuidv7()
    await pay(held, paymentId, {}, id)
    await pay(held, paymentId, {}, id)
    await pay(held, paymentId)
    const replies = await repliesTo(held.reservationId, paymentId, 3)
    expect(new Set(replies.map((row) => row.message_id)).size).toBe(1)
    expect(new Set(replies.map((row) => JSON.stringify(row.payload))).size).toBe(1)
  })

  test('ids that are written in capitals too are the same payment and reservation', async () => {
    const held = await holdTwo('loud')
    const paymentId = uuidv7()
    const loud = { paymentId: paymentId.toUpperCase(), reservationId: held.reservationId.toUpperCase() }
    await pay(held, paymentId, loud)
    await pay(held, paymentId)
    const [sold, again] = await repliesTo(held.reservationId, paymentId, 2)
    expect(sold).toMatchObject({
      type: 'ReservationConfirmed',
      payload: { paymentId, seatIds: held.seatIds },
    })
    expect(again?.message_id).toBe(sold?.message_id)
  })

  test('a second payment, another user, another amount, an ended hold and an unknown one are refused', async () => {
    const held = await holdTwo('121')
    const refusals: [string, string][] = []
    const refused = async (about: Held, change: object, reason: string): Promise<void> => {
      const paymentId = uuidv7()
      await pay(about, paymentId, change)
      const [reply] = await repliesTo(about.reservationId, paymentId, 1)
      refusals.push([String(reply?.payload['reason']), reason])
    }
    await refused(held, { userId: '122' }, 'RESERVATION_NOT_FOUND')
    await refused(held, { amount: held.amount - 1 }, 'RESERVATION_NOT_FOUND')
    await refused({ ...held, reservationId: randomUUID() }, {}, 'RESERVATION_NOT_FOUND')
    const paymentId = uuidv7()
    await pay(held, paymentId)
    await repliesTo(held.reservationId, paymentId, 1)
    await refused(held, {}, 'ALREADY_PAID')
    const lapsed = await holdTwo('123')
    await running.lapse(lapsed.reservationId)
    await refused(lapsed, {}, 'RESERVATION_EXPIRED')
    const cancelled = await holdTwo('124')
    await running.call('124', 'POST', `/reservations/${cancelled.reservationId}/cancel`)
    await refused(cancelled, {}, 'RESERVATION_CANCELLED')
    for (const [got, wanted] of refusals) expect(got).toBe(wanted)
    expect((await read(held)).status).toBe('CONFIRMED')
  })
})

test('a command that can not be applied is a dead letter alone; the others that came with it are applied', async () => {
  const holds = [await holdTwo('131'), await holdTwo('132'), await holdTwo('133')]
  const payments = holds.map(() => uuidv7())
  // The second payment has sold another reservation and its reply is lost, so the database refuses it a second one.
  const soldBefore = await holdTwo('134')
  await pay(soldBefore, String(payments[1]))
  await repliesTo(soldBefore.reservationId, String(payments[1]), 1)
  await running.db.query('DELETE FROM confirm_replies WHERE payment_id = $1', [payments[1]])
  const values: object[] = holds.map(({ reservationId, userId, amount }, index) => ({
    paymentId: payments[index],
    reservationId,
    userId,
    amount,
  }))
  values.splice(2, 0, { reservationId: 'unreadable' })
  await send(
    topics.reservationCommands,
    ...values.map((value) => ({ key: 'one partition', type: 'ConfirmReservation', value })),
  )
  await eventually(() =>
    expect(dead.toSorted((a, b) => a.attempts - b.attempts)).toEqual([
      { value: { reservationId: 'unreadable' }, attempts: 1 },
      { value: values[1], attempts: 4 },
    ]),
  )
  const statuses = await eventually(async () => {
    const found = await Promise.all(holds.map(async (held) => (await read(held)).status))
    expect(found.at(-1)).not.toBe('HOLD')
    return found
  })
  expect(statuses).toEqual(['CONFIRMED', 'HOLD', 'CONFIRMED'])
})

describe('what is told of the place that made a hold', () => {
  const placeAfter = async (held: Held, type: string): Promise<unknown> =>
    eventually(async () => {
      const found = (await published(held.reservationId)).filter((row) => row.type === type)
      expect(found).toHaveLength(1)
      return found[0]?.payload['queuePlace']
    })
  const cancel = (held: Held) =>
    running.call(held.userId, 'POST', `/reservations/${held.reservationId}/cancel`)

  test('a confirmation says how many holds of that place are left, not of another one of the same person', async () => {
    const [first, second] = [await holdTwo('401', 31), await holdTwo('401', 31)]
    const ofAnother = await holdTwo('401', 32)
    await pay(first, uuidv7())
    expect(await placeAfter(first, 'ReservationConfirmed')).toEqual({ sequence: 31, liveHoldsLeft: 1 })
    await pay(second, uuidv7())
    expect(await placeAfter(second, 'ReservationConfirmed')).toEqual({ sequence: 31, liveHoldsLeft: 0 })
    await pay(ofAnother, uuidv7())
    expect(await placeAfter(ofAnother, 'ReservationConfirmed')).toEqual({ sequence: 32, liveHoldsLeft: 0 })
  })

  test('holds that were cancelled or ran out are not left, and their ends say what is', async () => {
    const [paid, given, lapsed] = [
      await holdTwo('402', 33),
      await holdTwo('402', 33),
      await holdTwo('402', 33),
    ]
    await running.lapse(lapsed.reservationId)
    expect(await placeAfter(lapsed, 'ReservationExpired')).toEqual({ sequence: 33, liveHoldsLeft: 2 })
    await cancel(given)
    expect(await placeAfter(given, 'ReservationCancelled')).toEqual({ sequence: 33, liveHoldsLeft: 1 })
    await pay(paid, uuidv7())
    expect(await placeAfter(paid, 'ReservationConfirmed')).toEqual({ sequence: 33, liveHoldsLeft: 0 })
  })

  test('a hold from before the place was kept is sold and given up without it', async () => {
    const [sold, given] = [await holdTwo('403', 34), await holdTwo('403', 34)]
    await running.db.query('UPDATE reservations SET queue_sequence = NULL WHERE user_id = $1', ['403'])
    await pay(sold, uuidv7())
    expect(await placeAfter(sold, 'ReservationConfirmed')).toBeNull()
    await cancel(given)
    expect(await placeAfter(given, 'ReservationCancelled')).toBeNull()
  })
})

test('the sweeper ends lapsed holds, frees their seats and publishes that once', async () => {
  const held = await holdTwo('201')
  await running.lapse(held.reservationId)
  const types = await eventually(async () => {
    const found = (await published(held.reservationId)).map((row) => row.type)
    expect(found).toContain('ReservationExpired')
    return found
  })
  expect(types).toEqual(['ReservationHeld', 'ReservationExpired'])
  const { rows } = await running.db.query('SELECT FROM seat_holds WHERE reservation_id = $1', [
    held.reservationId,
  ])
  expect(rows).toHaveLength(0)
})

test('a cancelled schedule cancels every hold and sale of it, and takes no more', async () => {
  const sold = await running.hold('301', { scheduleId: 1, seatIds: [1001, 1002] })
  const hold = await running.hold('302', { scheduleId: 1, seatIds: [1003] })
  const paymentId = uuidv7()
  const soldId = String(sold.data.reservationId)
  await pay({ reservationId: soldId, amount: 3_000, seatIds: [], userId: '301' }, paymentId)
  await repliesTo(soldId, paymentId, 1)
  const change = { key: '1', type: 'ScheduleStatusChanged', value: { scheduleId: 1, status: 'CANCELLED' } }
  const id = uuidv7()
  await send(topics.catalogEvents, { id, ...change })
  await send(topics.catalogEvents, { id, ...change })
  for (const [userId, reservationId, refund] of [
    ['301', soldId, { paymentId, status: 'PENDING' }],
    ['302', String(hold.data.reservationId), null],
  ] as const) {
    await eventually(async () => {
      const { data } = await running.call(userId, 'GET', `/reservations/${reservationId}`)
      expect(data).toMatchObject({ status: 'CANCELLED', refund })
    })
    const rows = await eventually(async () => {
      const found = (await published(reservationId)).filter((row) => row.type === 'ReservationCancelled')
      expect(found).toHaveLength(1)
      return found
    })
    expect(rows[0]?.payload).toMatchObject({
      reason: 'SCHEDULE_CANCELLED',
      paymentId: refund?.paymentId ?? null,
    })
  }
  // The tests' catalog still answers ON_SALE, as a stale cache would.
  const late = await running.hold('303', { scheduleId: 1, seatIds: [1005] })
  expect(late).toMatchObject({ status: 409, code: 'BOOKING_NOT_OPEN' })
})
