/**
 * One service of the bare stack, by its ROLE: the same hops as a service of ours makes for a purchase, with no logic in them. Nothing
 * is checked, refused, repeated or told twice, so it shows what the hops cost on this machine.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { credentials } from '@grpc/grpc-js'
import { createConsumer, createKafka, createProducer } from '@frontrow/messaging/kafka'
import { createPool } from '@frontrow/postgres/pool'
import { QueueService } from '@frontrow/proto/services'
import { Batcher } from '@frontrow/service-host/batcher'
import { createGrpcServer } from '@frontrow/service-host/grpc-server'
import { createLogger } from '@frontrow/service-host/logger'
import express from 'express'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { BARE_ROOM_KEY } from '../bare-names.ts'
import { insertCharge, insertHold, paymentSteps, selectTaken } from './bare-statements.ts'
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
const paymentBody = z.object({ reservationId: z.string() })

/** A step of a payment as a service makes it: the topic it comes by, its statement, and the topic of what follows. */
interface Hop {
  from: string
  step?: PaymentStep
  to?: string
  atEnd?: (messages: readonly PaymentMessage[]) => void
}

const PAYMENTS_TOGETHER_MAX = 200
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

async function consume(hops: readonly Hop[]): Promise<void> {
  const hopFrom = new Map(hops.map((hop) => [hop.from, hop]))
  await consumer.connect()
  await consumer.subscribe({ topics: [...hopFrom.keys()] })
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const hop = hopFrom.get(batch.topic)
      const messages = batch.messages.map(({ value }) =>
        paymentMessage.parse(JSON.parse(value?.toString() ?? '')),
      )
      if (hop?.step !== undefined) await saveStep(hop.step, messages)
      if (hop?.to !== undefined) await publish(hop.to, messages)
      hop?.atEnd?.(messages)
    },
  })
  await joined
  stops.push(() => consumer.disconnect())
}

async function beQueue(): Promise<void> {
  const redis = new Redis(settings.REDIS_URL)
  const server = createGrpcServer()
  server.add(QueueService.service, {
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
  await consume([{ from: bareTopics.confirmed, step: 'usePlace' }])
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
  await consume([{ from: bareTopics.debit, step: 'debit', to: bareTopics.debited }])
}

async function beReservation(): Promise<void> {
  const queue = new QueueService(`127.0.0.1:${settings.QUEUE_GRPC_PORT}`, credentials.createInsecure())
  const verify = (token: string): Promise<void> =>
    new Promise((resolve, reject) => {
      queue.VerifyToken({ token }, (error) => (error === null ? resolve() : reject(error)))
    })
  app.post('/api/v1/reservations', express.json(), async (request, response) => {
    const { scheduleId, seatIds } = seatsBody.parse(request.body)
    await verify(request.get('queue-token') ?? '')
    const key = request.get('idempotency-key') ?? ''
    const reservationId = randomUUID()
    const seats = seatIds.map((seatId) => ({ seatId, seatNumber: `A-${seatId}`, grade: 'R', price: 50_000 }))
    await pool.query({
      ...insertHold,
      values: [reservationId, buyerOf(key), scheduleId, seatIds, JSON.stringify(seats), key],
    })
    response.status(201).json({ success: true, data: { reservationId, scheduleId, seats, status: 'HOLD' } })
  })
  app.post('/api/v1/reservations/refused', express.json(), async (request, response) => {
    const { scheduleId, seatIds } = seatsBody.parse(request.body)
    await verify(request.get('queue-token') ?? '')
    const { rows } = await pool.query({ ...selectTaken, values: [scheduleId, seatIds] })
    response.status(409).json({ success: false, error: { code: 'SEAT_TAKEN', details: rows } })
  })
  stops.push(async () => queue.close())
  await consume([
    { from: bareTopics.confirm, step: 'confirm', to: bareTopics.confirmed },
    { from: bareTopics.approved },
  ])
}

async function bePayment(): Promise<void> {
  const waiting = new Map<string, () => void>()
  const begin = new Batcher<'all', PaymentMessage, true>({
    batchMax: PAYMENTS_TOGETHER_MAX,
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
    { from: bareTopics.debited, step: 'debited', to: bareTopics.confirm },
    {
      from: bareTopics.confirmed,
      step: 'confirmed',
      to: bareTopics.approved,
      atEnd: (messages) => {
        for (const { paymentId } of messages) {
          waiting.get(paymentId)?.()
          waiting.delete(paymentId)
        }
      },
    },
  ])
}

/** The buyer's id is the end of the idempotency key, because the bare stack reads no bearer tokens. */
function buyerOf(key: string): string {
  return key.slice(key.indexOf('-') + 1)
}

const roles = {
  queue: beQueue,
  catalog: () => consume([{ from: bareTopics.confirmed, step: 'sellSeats' }]),
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
