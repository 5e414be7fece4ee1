import { randomUUID } from 'node:crypto'
import * as grpc from '@grpc/grpc-js'
import { expect } from '@jest/globals'
import { Mailbox } from '@frontrow/mailbox/mailbox'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { Pool } from '@frontrow/postgres/pool'
import type { Reservation } from '@frontrow/proto/gen/frontrow/reservation/v1/Reservation'
import { CatalogService, ReservationService } from '@frontrow/proto/services'
import { topics } from '@frontrow/proto/topics'
import { readConfig } from '@frontrow/service-host/config'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { pino } from 'pino'
import { notifySettings } from '../src/notify/config.ts'
import { startNotify } from '../src/notify/start-notify.ts'

/** The process that sends mail and webhooks, with the events, the reservations and the mail server that a test plays. */
export interface NotifyUnderTest {
  environment: TestEnvironment
  pool: Pool
  /** Where the services are that it asks. */
  neighbours: string
  mailbox: Mailbox
  /** What `mailbox` says to a recipient; undefined takes the mail. */
  refuseMail: (refuse: ((recipient: string) => Error | undefined) | undefined) => void
  /** Reservations that GetReservations knows, by id. */
  reservations: Map<string, Reservation>
  /** Publishes an event; returns its id. */
  publish(topic: string, key: string, type: string, data: object, id?: string): Promise<string>
  /** The environment of a process, for one that runs by itself. */
  processEnv: Readonly<Record<string, string>>
  /** One process more, or the one that was stopped again; with other settings where some are named. */
  startProcess(
    changed?: Readonly<Record<string, string>>,
  ): Promise<{ opsPort: number; stop(): Promise<void> }>
  /** A value of a metric of a process, summed over its series whose labels contain `labels`. */
  metric(opsPort: number, name: string, labels: string): Promise<number>
  stop(): Promise<void>
}

/** 7 March 2027, 19:30 in Seoul. */
const PERFORMANCE_AT = new Date('2027-03-07T10:30:00Z')

export async function createNotifyUnderTest(): Promise<NotifyUnderTest> {
  const environment = await createTestEnvironment()
  const reservations: NotifyUnderTest['reservations'] = new Map()
  const { address, server } = await startNeighbours(reservations)
  let refuse: ((recipient: string) => Error | undefined) | undefined
  const mailbox = new Mailbox({
    mailsMax: 1_000,
    mailBytesMax: 100_000,
    refuse: (recipient) => refuse?.(recipient),
  })
  const smtpPort = await mailbox.listen('127.0.0.1', 0)
  const kafka = createKafka({
    clientId: 'test',
    brokers: environment.kafkaBrokers.split(','),
    logger: pino({ level: 'silent' }),
  })
  const producer = createProducer(kafka)
  await producer.connect()
  const pool = openPatientPool(environment.databaseUrl('payment'), { max: 2 })
  const running = new Set<() => Promise<void>>()
  const processEnv = {
    ...environment.serviceEnv('payment'),
    CATALOG_GRPC: address,
    RESERVATION_GRPC: address,
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    MAIL_FROM: 'Frontrow <tickets@frontrow.example>',
    MAIL_PER_SECOND: '1000',
    WEBHOOK_ALLOW_PRIVATE: 'yes',
  }
  return {
    environment,
    pool,
    neighbours: address,
    mailbox,
    refuseMail: (wanted) => {
      refuse = wanted
    },
    reservations,
    processEnv,
    async publish(topic, key, type, data, id = randomUUID()) {
      const headers = toHeaders({
        id,
        type,
        source: 'frontrow/test',
        time: new Date(),
        traceparent: null,
        requestId: null,
      })
      await producer.send({
        topic: environment.topicPrefix + topic,
        messages: [{ key, value: JSON.stringify(data), headers }],
      })
      return id
    },
    async startProcess(changed = {}) {
      const config = readConfig(notifySettings, { ...processEnv, ...changed })
      const { opsPort, lifecycle } = await startNotify(config, {
        processMetrics: false,
        onFatal: (error) => {
          throw error
        },
      })
      const stop = (): Promise<void> => {
        running.delete(stop)
        return lifecycle.stop()
      }
      running.add(stop)
      await eventually(async () => {
        const ready = await fetch(`http://127.0.0.1:${opsPort}/health/ready`)
        expect(ready.status).toBe(200)
      })
      return { opsPort, stop }
    },
    async metric(opsPort, name, labels) {
      const page = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
      const lines = page.split('\n').filter((one) => one.startsWith(`${name}{`) && one.includes(labels))
      return lines.reduce((sum, one) => sum + Number(one.slice(one.lastIndexOf(' '))), 0)
    },
    async stop() {
      await Promise.all([...running].map((stop) => stop()))
      await producer.disconnect()
      await pool.end()
      await mailbox.close()
      server.forceShutdown()
      await environment.dispose()
    },
  }
}

async function startNeighbours(reservations: NotifyUnderTest['reservations']) {
  const server = new grpc.Server()
  server.addService(ReservationService.service, {
    GetReservations: (
      call: grpc.ServerUnaryCall<{ reservationIds: string[] }, object>,
      callback: grpc.sendUnaryData<object>,
    ) => {
      const found = call.request.reservationIds.map((id) => reservations.get(id))
      callback(null, { reservations: found.filter((reservation) => reservation !== undefined) })
    },
  })
  server.addService(CatalogService.service, {
    GetSchedule: (
      call: grpc.ServerUnaryCall<{ scheduleId: number }, object>,
      callback: grpc.sendUnaryData<object>,
    ) =>
      callback(null, {
        scheduleId: call.request.scheduleId,
        concertTitle: 'First <Light> & Sons',
        venueName: 'Olympic Hall',
        performanceAtMs: PERFORMANCE_AT.getTime(),
        timeZone: 'Asia/Seoul',
      }),
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  return { server, address: `127.0.0.1:${port}` }
}

/** A buyer with a reservation and a payment, as the other parts of the system left them. */
export interface Purchase {
  userId: string
  reservationId: string
  paymentId: string
  scheduleId: number
  amount: number
}

/** Makes a purchase whose reservation has this status; its buyer has the address where one is named. */
export async function makePurchase(
  { pool, reservations }: Pick<NotifyUnderTest, 'pool' | 'reservations'>,
  wanted: { status?: string; email?: string; locale?: string; method?: string; expiresAt?: Date } = {},
): Promise<Purchase> {
  const { status = 'CONFIRMED', email, locale = null, method = 'BALANCE', expiresAt = new Date() } = wanted
  const purchase = {
    userId: randomUUID(),
    reservationId: randomUUID(),
    paymentId: randomUUID(),
    scheduleId: 42,
    amount: 165_000,
  }
  reservations.set(purchase.reservationId, {
    reservationId: purchase.reservationId,
    reservationNumber: 'R-2027-0001',
    userId: purchase.userId,
    scheduleId: 42,
    seats: [{ seatId: 7, seatNumber: 12, section: 'Floor', row: 'C', grade: 'VIP', price: 165_000 }],
    totalAmount: purchase.amount,
    status,
    expiresAtMs: expiresAt.getTime(),
  })
  await pool.query(
    `INSERT INTO payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status)
     VALUES ($1, $2, $3, 42, $4, $5, 'APPROVED')`,
    [purchase.paymentId, purchase.reservationId, purchase.userId, purchase.amount, method],
  )
  if (email !== undefined) {
    const values = [purchase.userId, email, locale]
    await pool.query('INSERT INTO contacts (user_id, email, locale) VALUES ($1, $2, $3)', values)
  }
  return purchase
}

/** Says that a purchase was paid; returns the event's id. */
export function publishApproved(
  { publish }: Pick<NotifyUnderTest, 'publish'>,
  purchase: Purchase,
  id?: string,
): Promise<string> {
  const data = { ...purchase, paymentMethod: 'BALANCE' }
  return publish(topics.paymentEvents, purchase.reservationId, 'PaymentApproved', data, id)
}
