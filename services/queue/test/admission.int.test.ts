import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { Producer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { startQueueInstances } from './queue-instances.ts'
import type { QueueInstances } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { QueueClient, StandInCatalog } from './queue-under-test.ts'

const ACTIVE_MS = 1_500
const WAITING_MS = 2_000

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances
let producer: Producer

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const change = { ACTIVE_MS: String(ACTIVE_MS), WAITING_MS: String(WAITING_MS), ADMIT_EVERY_MS: '50' }
  queues = await startQueueInstances(environment, catalog, change)
  const kafka = createKafka({
    clientId: 'payment-stand-in',
    brokers: environment.kafkaBrokers.split(','),
    logger: createLogger({ service: 'payment-stand-in', level: 'silent' }),
  })
  producer = createProducer(kafka)
  await producer.connect()
}, 60_000)

afterAll(async () => {
  await producer?.disconnect()
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

const client = (index = 0): QueueClient => queues.at(index).client

async function statusOf(scheduleId: number, user: string): Promise<string | undefined> {
  const { rows } = await queues
    .at(0)
    .ctx.pool.query<{ status: string }>(
      'SELECT status FROM queue_tokens WHERE schedule_id = $1 AND user_id = $2 ORDER BY sequence DESC LIMIT 1',
      [scheduleId, user],
    )
  return rows[0]?.status
}

describe('with three schedulers at once', () => {
  test('an ACTIVE place that runs out goes to the next one', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1 })
    const first = await client(0).join(scheduleId, 'first')
    const second = await client(1).join(scheduleId, 'second')
    expect(first.data['status']).toBe('ACTIVE')
    await eventually(async () => {
      expect((await client(2).place(second.data['token'])).data['status']).toBe('ACTIVE')
    })
    expect(await client(1).place(first.data['token'])).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
    await eventually(async () => expect(await statusOf(scheduleId, 'first')).toBe('EXPIRED'))
    expect((await client(0).join(scheduleId, 'first')).status).toBe(200)
  })

  test('a waiting place that nobody asks for ends, and who asks keeps it', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1, paused: true })
    const silent = await client(0).join(scheduleId, 'silent')
    const asking = await client(1).join(scheduleId, 'asking')
    await eventually(
      async () => {
        expect((await client(1).place(asking.data['token'])).data).toMatchObject({ queuePosition: 1 })
      },
      { withinMs: WAITING_MS * 3, everyMs: 200 },
    )
    expect(await client(2).place(silent.data['token'])).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
  })

  test('a place that has ended a moment ago is not brought back by a poll that comes before its row says so', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1, paused: true })
    const { data } = await client().join(scheduleId, 'silent')
    const { pool, rooms } = queues.at(1).ctx
    const lock = await pool.connect()
    try {
      await lock.query('BEGIN')
      await lock.query('SELECT FROM queue_tokens WHERE schedule_id = $1 FOR UPDATE', [scheduleId])
      await eventually(async () => expect((await rooms.place(scheduleId, 'silent')).status).toBe('UNKNOWN'), {
        withinMs: WAITING_MS * 3,
      })
      const polled = client(1).place(data['token'])
      // An answer that does not wait for the row would be here by then.
      await Promise.race([polled, delay(200)])
      await lock.query('COMMIT')
      expect(await polled).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
      expect(await statusOf(scheduleId, 'silent')).toBe('EXPIRED')
    } finally {
      lock.release(true)
    }
  })
})

describe('over gRPC', () => {
  test('VerifyToken lets ACTIVE tokens in, for their schedule and user only', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1 })
    const active = await client(0).join(scheduleId, 'active')
    const waiting = await client(0).join(scheduleId, 'waiting')
    const other = queues.at(1)
    const token = String(active.data['token'])
    await expect(other.verify({ token })).resolves.toMatchObject({ scheduleId, userId: 'active' })
    await expect(other.verify({ token, scheduleId, userId: 'active' })).resolves.toMatchObject({
      activeUntilMs: Date.parse(String(active.data['expiresAt'])),
    })
    const invalid = { code: 'QUEUE_TOKEN_INVALID' }
    await expect(other.verify({ token, scheduleId: scheduleId + 1 })).rejects.toMatchObject(invalid)
    await expect(other.verify({ token, userId: 'other' })).rejects.toMatchObject(invalid)
    await expect(other.verify({ token: 'junk' })).rejects.toMatchObject(invalid)
    await expect(other.verify({ token: '' })).rejects.toMatchObject(invalid)
    const tooEarly = other.verify({ token: String(waiting.data['token']) })
    await expect(tooEarly).rejects.toMatchObject({ code: 'QUEUE_TOKEN_NOT_ACTIVE' })
  })

  test('ExtendToken moves the deadline out and never nearer', async () => {
    const scheduleId = catalog.addSchedule()
    const { data } = await client(0).join(scheduleId, 'buyer')
    const token = String(data['token'])
    const other = queues.at(2)
    const untilMs = Date.now() + 60_000
    expect(await other.extend({ token, untilMs })).toEqual({ activeUntilMs: untilMs })
    expect(await other.extend({ token, untilMs: Date.now() + 10 })).toEqual({ activeUntilMs: untilMs })
    expect((await client(1).place(token)).data['expiresAt']).toBe(new Date(untilMs).toISOString())
  })
})

describe('PaymentApproved', () => {
  test('makes the token USED and frees the place once, however often it comes', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1 })
    const buyer = await client(0).join(scheduleId, 'buyer')
    await extendFarOut(buyer.data['token'])
    const next = await client(0).join(scheduleId, 'next')
    const messageId = randomUUID()
    await approve(scheduleId, 'buyer', messageId)
    await eventually(async () => {
      expect((await client(1).place(next.data['token'])).data['status']).toBe('ACTIVE')
    })
    expect(await client(2).place(buyer.data['token'])).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
    expect(await statusOf(scheduleId, 'buyer')).toBe('USED')
    await extendFarOut(next.data['token'])

    const again = await client(0).join(scheduleId, 'buyer')
    expect(again.data).toMatchObject({ status: 'WAITING' })
    await approve(scheduleId, 'buyer', messageId)
    // A later message of the same key shows that the repeated one was handled.
    await approve(scheduleId, 'next', randomUUID())
    await eventually(async () => expect(await statusOf(scheduleId, 'next')).toBe('USED'))
    await eventually(async () => {
      expect((await client(0).place(again.data['token'])).data['status']).toBe('ACTIVE')
    })
  })
})

async function extendFarOut(token: unknown): Promise<void> {
  await queues.at(0).extend({ token: String(token), untilMs: Date.now() + 60_000 })
}

async function approve(scheduleId: number, userId: string, messageId: string): Promise<void> {
  const reservationId = '019a5d51-1f64-7cc3-98c4-dc0c0c07398f'
  await producer.send({
    topic: environment.topicPrefix + topics.paymentEvents,
    acks: -1,
    messages: [
      {
        key: reservationId,
        value: JSON.stringify({
          paymentId: randomUUID(),
          reservationId,
          userId,
          scheduleId,
          amount: 1,
          paymentMethod: 'BALANCE',
        }),
        headers: toHeaders({
          id: messageId,
          type: 'PaymentApproved',
          source: 'frontrow/payment',
          time: new Date(),
          traceparent: null,
          requestId: null,
        }),
      },
    ],
  })
}
