import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { Producer } from '@frontrow/messaging/kafka'
import type { ExtendTokenRequest } from '@frontrow/proto/gen/frontrow/queue/v1/ExtendTokenRequest'
import type { ExtendTokenResponse__Output as ExtendTokenResponse } from '@frontrow/proto/gen/frontrow/queue/v1/ExtendTokenResponse'
import type { VerifyTokenRequest } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenRequest'
import type { VerifyTokenResponse__Output as VerifyTokenResponse } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenResponse'
import { QueueService } from '@frontrow/proto/services'
import { topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { RunningQueue } from '../src/start.ts'
import { QueueClient, startCatalog, startQueueService, targetOf } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

const ACTIVE_MS = 1_500
const WAITING_MS = 2_000

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: RunningQueue[]
let clients: QueueClient[]
let producer: Producer

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const change = { ACTIVE_MS: String(ACTIVE_MS), WAITING_MS: String(WAITING_MS), ADMIT_EVERY_MS: '50' }
  queues = []
  for (let instance = 0; instance < 3; instance += 1) {
    queues.push(await startQueueService(environment, catalog, change))
  }
  clients = queues.map((queue) => new QueueClient(queue))
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
  for (const queue of queues ?? []) await queue.stop()
  await catalog?.stop()
  await environment?.dispose()
})

function client(index = 0): QueueClient {
  const found = clients[index % clients.length]
  if (found === undefined) throw new Error('no queue service runs')
  return found
}

function service(index = 0): RunningQueue {
  const found = queues[index]
  if (found === undefined) throw new Error('no queue service runs')
  return found
}

async function statusOf(scheduleId: number, user: string): Promise<string | undefined> {
  const { rows } = await service().ctx.pool.query<{ status: string }>(
    'SELECT status FROM queue_tokens WHERE schedule_id = $1 AND user_id = $2 ORDER BY sequence DESC LIMIT 1',
    [scheduleId, user],
  )
  return rows[0]?.status
}

describe('with three schedulers at once', () => {
  test('people are admitted in the order of their places, never past maxActive or admitPerSecond', async () => {
    const people = 120
    const limits = { maxActive: 25, admitPerSecond: 20 }
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { ...limits, paused: true })
    const users = Array.from({ length: people }, (_, index) => `person-${index}`)
    const joined = await Promise.all(users.map((user, index) => client(index).join(scheduleId, user)))
    expect(joined.every((answer) => answer.data['status'] === 'WAITING')).toBe(true)
    await client().steer(scheduleId, { paused: false })

    // They poll, or their places would run out after WAITING_MS.
    const rows = await eventually(
      async () => {
        await Promise.all(joined.map((answer, index) => client(index + 1).place(answer.data['token'])))
        const { rows: found } = await service().ctx.pool.query<{ at: number; until: number }>(
          `SELECT (extract(epoch FROM activated_at) * 1000)::bigint AS at,
                  (extract(epoch FROM active_until) * 1000)::bigint AS until
           FROM queue_tokens WHERE schedule_id = $1 AND activated_at IS NOT NULL ORDER BY sequence`,
          [scheduleId],
        )
        expect(found).toHaveLength(people)
        return found
      },
      { withinMs: 25_000, everyMs: 100 },
    )
    const inOrder = rows.map((row) => row.at)
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b))
    for (const { at } of rows) {
      const inTheSecond = rows.filter((other) => other.at <= at && other.at > at - 1_000)
      const active = rows.filter((other) => other.at <= at && other.until > at)
      expect(inTheSecond.length).toBeLessThanOrEqual(limits.admitPerSecond)
      expect(active.length).toBeLessThanOrEqual(limits.maxActive)
    }
  }, 40_000)

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
})

describe('over gRPC', () => {
  test('VerifyToken lets ACTIVE tokens in, for their schedule and user only', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1 })
    const active = await client(0).join(scheduleId, 'active')
    const waiting = await client(0).join(scheduleId, 'waiting')
    const grpc = new QueueClientOverGrpc(service(1))
    const token = String(active.data['token'])
    await expect(grpc.verify({ token })).resolves.toMatchObject({ scheduleId, userId: 'active' })
    await expect(grpc.verify({ token, scheduleId, userId: 'active' })).resolves.toMatchObject({
      activeUntilMs: Date.parse(String(active.data['expiresAt'])),
    })
    const invalid = { code: 'QUEUE_TOKEN_INVALID' }
    await expect(grpc.verify({ token, scheduleId: scheduleId + 1 })).rejects.toMatchObject(invalid)
    await expect(grpc.verify({ token, userId: 'other' })).rejects.toMatchObject(invalid)
    await expect(grpc.verify({ token: 'junk' })).rejects.toMatchObject(invalid)
    await expect(grpc.verify({ token: '' })).rejects.toMatchObject(invalid)
    const tooEarly = grpc.verify({ token: String(waiting.data['token']) })
    await expect(tooEarly).rejects.toMatchObject({ code: 'QUEUE_TOKEN_NOT_ACTIVE' })
    grpc.close()
  })

  test('ExtendToken moves the deadline out and never nearer', async () => {
    const scheduleId = catalog.addSchedule()
    const { data } = await client(0).join(scheduleId, 'buyer')
    const token = String(data['token'])
    const grpc = new QueueClientOverGrpc(service(2))
    const untilMs = Date.now() + 60_000
    expect(await grpc.extend({ token, untilMs })).toEqual({ activeUntilMs: untilMs })
    expect(await grpc.extend({ token, untilMs: Date.now() + 10 })).toEqual({ activeUntilMs: untilMs })
    expect((await client(1).place(token)).data['expiresAt']).toBe(new Date(untilMs).toISOString())
    grpc.close()
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
  const grpc = new QueueClientOverGrpc(service(0))
  await grpc.extend({ token: String(token), untilMs: Date.now() + 60_000 })
  grpc.close()
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

class QueueClientOverGrpc {
  readonly verify: (request: VerifyTokenRequest) => Promise<VerifyTokenResponse>
  readonly extend: (request: ExtendTokenRequest) => Promise<ExtendTokenResponse>
  readonly close: () => void

  constructor(running: RunningQueue) {
    const target = targetOf(running)
    const grpc = new QueueService(target.address, target.credentials, target.channelOptions)
    const limits = { deadlineMs: 2_000, retriable: true }
    this.verify = target.unary<VerifyTokenRequest, VerifyTokenResponse>(
      'VerifyToken',
      (...call) => grpc.verifyToken(...call),
      limits,
    )
    this.extend = target.unary<ExtendTokenRequest, ExtendTokenResponse>(
      'ExtendToken',
      (...call) => grpc.extendToken(...call),
      limits,
    )
    this.close = () => {
      grpc.close()
      target.close()
    }
  }
}
