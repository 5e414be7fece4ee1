/**
 * One service of the bare stack, by its ROLE: the same hops as a service of ours makes for a purchase, with no logic in them. Nothing
 * is checked, refused, repeated or told twice, so it shows what the hops cost on this machine.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { credentials } from '@grpc/grpc-js'
import { createConsumer, createKafka, createProducer } from '@frontrow/messaging/kafka'
import { createPool } from '@frontrow/postgres/pool'
import { queueCallers } from '@frontrow/proto/callers'
import { QueueService } from '@frontrow/proto/services'
import { Batcher } from '@frontrow/service-host/batcher'
import { createGrpcServer } from '@frontrow/service-host/grpc-server'
import { createLogger } from '@frontrow/service-host/logger'
import express from 'express'
import type { Request } from 'express'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { BARE_ROOM_KEY } from '../bare-names.ts'
import { bareSeatMap, bareSeatStates, bareTag } from './bare-seats.ts'
import { endJobs, insertCharge, insertHold, insertJob, paymentSteps, selectTaken } from './bare-statements.ts'
import type { PaymentStep } from './bare-statements.ts'
import { bareTopics } from './bare-tables.ts'

const settings = z
  .object({
    ROLE: z.enum(['queue', 'catalog', 'reservation', 'payment', 'wallet']),
    PORT: z.coerce.number().int(),
    QUEUE_GRPC_PORT: z.coerce.number().int(),
    DATABASE_URL: z.string(),
    REDIS_URL: z.string(),
    KAFKA_BROKERS: z.string(),
  })
  .parse(process.env)

const paymentMessage = z.object({
  messageId: z.string(),
  paymentId: z.string(),
  reservationId: z.string(),
  userId: z.string(),
})
type PaymentMessage = z.output<typeof paymentMessage>
const seatsBody = z.object({ scheduleId: z.int(), seatIds: z.array(z.int()) })
const jobMessage = seatsBody.extend({ jobId: z.string(), key: z.string() })
type Job = z.output<typeof jobMessage>
const paymentBody = z.object({ reservationId: z.string() })

/** What is done with the messages of a topic, a batch at a time. */
interface Hop {
  from: string
  take: (values: readonly unknown[]) => Promise<void>
}

const MESSAGES_TOGETHER_MAX = 200
const GRACE_MS = 1_000

const pool = createPool({
  url: settings.DATABASE_URL,
  applicationName: `bare-${settings.ROLE}`,
  max: 10,
  statementTimeoutMs: 5_000,
  onError: (error) => console.error(error),
})
const kafka = createKafka({
  clientId: `bare-${settings.ROLE}`,
  brokers: settings.KAFKA_BROKERS.split(','),
  logger: createLogger({ service: `bare-${settings.ROLE}`, level: 'error' }),
})
const producer = createProducer(kafka)
const consumer = createConsumer(kafka, `bare-${settings.ROLE}`)
const stops: (() => Promise<void>)[] = []
const app = express()

async function saveStep(step: PaymentStep, messages: readonly PaymentMessage[]): Promise<void> {
  await pool.query({
    name: step,
    text: paymentSteps[step],
    values: [
      messages.map(({ messageId }) => messageId),
      messages.map(({ paymentId }) => paymentId),
      messages.map(({ reservationId }) => reservationId),
      messages.map(({ userId }) => userId),
    ],
  })
}

async function publish(topic: string, messages: readonly PaymentMessage[]): Promise<void> {
  await producer.send({
    topic,
    messages: messages.map((message) => ({
      key: message.paymentId,
      value: JSON.stringify({ ...message, messageId: randomUUID() }),
    })),
  })
}

/** A step of a payment as a service makes it: the topic it comes by, its statement, and the topic of what follows. */
function paymentHop(
  from: string,
  made: { step?: PaymentStep; to?: string; atEnd?: (messages: readonly PaymentMessage[]) => void },
): Hop {
  return {
    from,
    take: async (values) => {
      const messages = values.map((value) => paymentMessage.parse(value))
      if (made.step !== undefined) await saveStep(made.step, messages)
      if (made.to !== undefined) await publish(made.to, messages)
      made.atEnd?.(messages)
    },
  }
}

async function consume(hops: readonly Hop[]): Promise<void> {
  const hopFrom = new Map(hops.map((hop) => [hop.from, hop]))
  await consumer.connect()
  await consumer.subscribe({ topics: [...hopFrom.keys()] })
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const values = batch.messages.map(({ value }): unknown => JSON.parse(value?.toString() ?? ''))
      await hopFrom.get(batch.topic)?.take(values)
    },
  })
  await joined
  stops.push(() => consumer.disconnect())
}

async function beQueue(): Promise<void> {
  const redis = new Redis(settings.REDIS_URL)
  const server = createGrpcServer()
  server.add(QueueService.service, queueCallers, {
    VerifyToken: async (_call: unknown, callback: (error: null, answer: object) => void) => {
      await redis.get(BARE_ROOM_KEY)
      callback(null, { scheduleId: 1, userId: '', activeUntilMs: 0, sequence: 1 })
    },
  })
  await server.listen('127.0.0.1', settings.QUEUE_GRPC_PORT)
  stops.push(
    () => server.close(GRACE_MS),
    async () => redis.disconnect(),
  )
  await consume([paymentHop(bareTopics.confirmed, { step: 'usePlace' })])
}

async function beWallet(): Promise<void> {
  app.post('/api/v1/users/:userId/balance/charge', express.json(), async (request, response) => {
    const transactionId = randomUUID()
    const data = { userId: request.params.userId, chargedAmount: 1_000_000, transactionId }
    const key = request.get('idempotency-key')
    await pool.query({
      ...insertCharge,
      values: [transactionId, data.userId, key, JSON.stringify(data)],
    })
    response.json({ success: true, data })
  })
  await consume([paymentHop(bareTopics.debit, { step: 'debit', to: bareTopics.debited })])
}

/** Asks the queue service about the token of a request, as ours do. */
function createVerify(): (request: Request) => Promise<void> {
  const queue = new QueueService(`127.0.0.1:${settings.QUEUE_GRPC_PORT}`, credentials.createInsecure())
  stops.push(async () => queue.close())
  return (request) =>
    new Promise((resolve, reject) => {
      const token = request.get('queue-token') ?? ''
      queue.VerifyToken({ token }, (error) => (error === null ? resolve() : reject(error)))
    })
}

/** Inserts the hold of a buyer and returns what they are told. */
async function hold(job: Omit<Job, 'jobId'>): Promise<object> {
  const { scheduleId, seatIds, key } = job
  const reservationId = randomUUID()
  const seats = seatIds.map((seatId) => ({ seatId, seatNumber: `A-${seatId}`, grade: 'R', price: 50_000 }))
  await pool.query({
    ...insertHold,
    values: [reservationId, buyerOf(key), scheduleId, seatIds, JSON.stringify(seats), key],
  })
  return { reservationId, scheduleId, seats, status: 'HOLD' }
}

/** Holds that nobody waits for, by messages. */
async function runJobs(values: readonly unknown[]): Promise<void> {
  const jobs = values.map((value) => jobMessage.parse(value))
  const answers = await Promise.all(jobs.map(hold))
  await pool.query({ ...endJobs, values: [jobs.map(({ jobId }) => jobId), JSON.stringify(answers[0])] })
}

async function beReservation(): Promise<void> {
  const verify = createVerify()
  const announce = new Batcher<'all', Job, true>({
    batchMax: MESSAGES_TOGETHER_MAX,
    atOnceMax: 1,
    send: async (_key, jobs) => {
      const messages = jobs.map((job) => ({ key: String(job.scheduleId), value: JSON.stringify(job) }))
      await producer.send({ topic: bareTopics.jobs, messages })
      return jobs.map(() => true as const)
    },
  })
  app.post('/api/v1/reservations', express.json(), async (request, response) => {
    const { scheduleId, seatIds } = seatsBody.parse(request.body)
    await verify(request)
    const key = request.get('idempotency-key') ?? ''
    if (request.get('prefer') === undefined) {
      response.status(201).json({ success: true, data: await hold({ scheduleId, seatIds, key }) })
      return
    }
    const jobId = randomUUID()
    await pool.query({ ...insertJob, values: [jobId, buyerOf(key), scheduleId, JSON.stringify(seatIds)] })
    await announce.add('all', { jobId, scheduleId, seatIds, key })
    response.status(202).json({ success: true, data: { jobId, position: 1 } })
  })
  app.post('/api/v1/reservations/refused', express.json(), async (request, response) => {
    const { scheduleId, seatIds } = seatsBody.parse(request.body)
    await verify(request)
    const { rows } = await pool.query({ ...selectTaken, values: [scheduleId, seatIds] })
    response.status(409).json({ success: false, error: { code: 'SEAT_TAKEN', details: rows } })
  })
  await consume([
    paymentHop(bareTopics.confirm, { step: 'confirm', to: bareTopics.confirmed }),
    paymentHop(bareTopics.approved, {}),
    { from: bareTopics.jobs, take: runJobs },
  ])
}

async function beCatalog(): Promise<void> {
  const verify = createVerify()
  const answer = (path: string, body: Buffer): void => {
    const headers = { ETag: bareTag, 'Cache-Control': 'private, no-cache', Vary: 'Accept-Encoding' }
    app.get(path, async (request, response) => {
      await verify(request)
      if (request.get('if-none-match') === bareTag) {
        response.status(304).set(headers).end()
        return
      }
      response.set({ ...headers, 'Content-Type': 'application/json', 'Content-Encoding': 'br' })
      response.set('Content-Length', String(body.length)).end(body)
    })
  }
  answer('/api/v1/concerts/:concertId/schedules/:scheduleId/seats', bareSeatMap())
  answer('/api/v1/concerts/:concertId/schedules/:scheduleId/seats/states', bareSeatStates())
  await consume([paymentHop(bareTopics.confirmed, { step: 'sellSeats' })])
}

async function bePayment(): Promise<void> {
  const waiting = new Map<string, () => void>()
  const begin = new Batcher<'all', PaymentMessage, true>({
    batchMax: MESSAGES_TOGETHER_MAX,
    atOnceMax: 1,
    send: async (_key, payments) => {
      await saveStep('begin', payments)
      await publish(bareTopics.debit, payments)
      return payments.map(() => true as const)
    },
  })
  app.post('/api/v1/payments', express.json(), async (request, response) => {
    const { reservationId } = paymentBody.parse(request.body)
    const payment = {
      messageId: randomUUID(),
      paymentId: randomUUID(),
      reservationId,
      userId: buyerOf(request.get('idempotency-key') ?? ''),
    }
    const approved = new Promise<void>((resolve) => waiting.set(payment.paymentId, resolve))
    await begin.add('all', payment)
    await approved
    response.status(201).json({ success: true, data: { ...payment, amount: 50_000, status: 'APPROVED' } })
  })
  await consume([
    paymentHop(bareTopics.debited, { step: 'debited', to: bareTopics.confirm }),
    paymentHop(bareTopics.confirmed, {
      step: 'confirmed',
      to: bareTopics.approved,
      atEnd: (messages) => {
        for (const { paymentId } of messages) {
          waiting.get(paymentId)?.()
          waiting.delete(paymentId)
        }
      },
    }),
  ])
}

/** The buyer's id is the end of the idempotency key, because the bare stack reads no bearer tokens. */
function buyerOf(key: string): string {
  return key.slice(key.indexOf('-') + 1)
}

const roles = {
  queue: beQueue,
  catalog: beCatalog,
  reservation: beReservation,
  payment: bePayment,
  wallet: beWallet,
}
await producer.connect()
await roles[settings.ROLE]()
app.get('/health/live', (_request, response) => void response.json({ status: 'live' }))
const server = app.listen(settings.PORT, '127.0.0.1')
server.keepAliveTimeout = 75_000

process.on('SIGTERM', async () => {
  server.closeAllConnections()
  server.close()
  // What does not end in time is left to the exit.
  await Promise.race([Promise.all(stops.map((stop) => stop())), delay(GRACE_MS)])
  await producer.disconnect()
  await pool.end()
  process.exit()
})
