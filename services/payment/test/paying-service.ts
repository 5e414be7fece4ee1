import { randomUUID } from 'node:crypto'
import { expect } from '@jest/globals'
import type { InteractiveCardProvider } from '@frontrow/card-provider/card-provider'
import type { Pool } from '@frontrow/postgres/pool'
import { readConfig } from '@frontrow/service-host/config'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import { settings } from '../src/config.ts'
import { startPayment } from '../src/start.ts'
import { startParticipants } from './participants.ts'
import type { Participants } from './participants.ts'

/** An answer of the service's HTTP API. */
interface Answered {
  status: number
  replayed: string | null
  location: string | null
  retryAfter: string | null
  /** Preference-Applied */
  applied: string | null
  body: {
    data?: {
      paymentId: string
      status: string
      reason: string | null
      reservation: object
      failure: object | null
      steps: { message: string }[]
      estimatedWaitSeconds?: number
      nextAction?: object
      providerNotices?: object[]
    }
    error?: {
      code: string
      message: string
      details: { field?: string }[] & { paymentId?: string; status?: string }
    }
  }
}

/** The whole service with short waits, the other services of its sagas, and how a test pays there. */
export interface PayingService {
  url: string
  pool: Pool
  participants: Participants
  send(
    method: string,
    path: string,
    userId: string,
    more?: { headers?: Record<string, string>; body?: string },
  ): Promise<Answered>
  /** Makes a reservation that is held, and returns its id. */
  hold(
    userId: string,
    change?: {
      scheduleId?: number
      status?: string
      totalAmount?: number
      notPayable?: string
      expiresAtMs?: number
    },
  ): string
  /** Pays for a reservation: from the wallet, or with the token of a card. */
  pay(
    userId: string,
    reservationId: string,
    more?: { key?: string; card?: string; body?: object },
  ): Promise<Answered>
  /** What a scrape of the metrics reads. */
  metrics(): Promise<string>
  /** The commands of a type that the participants have got. */
  sent(type: string): Participants['commands']
  /** Their ids, each once: what nobody has answered in time is sent again under its id. */
  ordered(type: string): string[]
  stop(): Promise<void>
}

export const cardOf = (token: string) => ({ paymentMethod: 'CARD', card: { token } })

/** The seats of every reservation. */
export const SEATS = [{ seatId: 7, seatNumber: 3, section: 'A', row: '1', grade: 'VIP', price: 120_000 }]

/** The number of a reservation. */
export const numberOf = (reservationId: string): string => `FR-${reservationId.slice(0, 10)}`

/** Waits that a test can see the end of. */
export const SHORT_WAITS = {
  PAYMENT_WAIT_MS: '8000',
  SAGA_REPLY_WAIT_MS: '600',
  SAGA_REPLY_WAIT_MAX_MS: '1000',
  SAGA_TAKING_MONEY_ATTEMPTS_MAX: '20',
  SAGA_POLL_MS: '50',
  CARD_TIMEOUT_MS: '300',
  CARD_SIMULATOR_LATE_MS: '5000',
  CARD_ACTION_POLL_MS: '100',
}

/**
 * Starts it with these settings; `commandMs` is how long the other services take for a command. `cardProvider` is in place of the
 * simulator.
 */
export async function startPayingService(
  changed: Readonly<Record<string, string>> = SHORT_WAITS,
  commandMs = 0,
  cardProvider?: InteractiveCardProvider,
): Promise<PayingService> {
  const environment = await createTestEnvironment()
  const participants = await startParticipants(environment, { commandMs })
  const targets = ['QUEUE_GRPC', 'CATALOG_GRPC', 'RESERVATION_GRPC', 'WALLET_GRPC']
  const config = readConfig(settings, {
    ...environment.serviceEnv('payment'),
    ...Object.fromEntries(targets.map((name) => [name, participants.address])),
    ...changed,
  })
  const payment = await startPayment(config, {
    processMetrics: false,
    ...(cardProvider === undefined ? {} : { cardProvider }),
    onFatal: (error) => {
      throw error
    },
  })
  const pool = openPatientPool(environment.databaseUrl('payment'), { max: 2 })
  await eventually(async () => {
    const ready = await fetch(`http://127.0.0.1:${payment.ports.ops}/health/ready`)
    expect(ready.status).toBe(200)
  })
  const url = `http://127.0.0.1:${payment.ports.http}`
  const send: PayingService['send'] = (method, path, userId, more) => request(url, method, path, userId, more)
  // The first request makes connections and loads code, for which its deadlines are short on a busy machine. This one changes nothing.
  await eventually(async () => {
    const body = JSON.stringify({ reservationId: randomUUID(), paymentMethod: 'BALANCE' })
    const headers = { 'Idempotency-Key': randomUUID() }
    expect((await send('POST', '/payments', 'first', { headers, body })).status).toBeLessThan(500)
  })
  return {
    url,
    pool,
    participants,
    send,
    hold(userId, change) {
      const reservationId = randomUUID()
      const held = {
        reservationId,
        reservationNumber: numberOf(reservationId),
        userId,
        scheduleId: 42,
        seats: SEATS,
        status: 'HOLD',
        totalAmount: 120_000,
        expiresAtMs: Date.now() + 300_000,
        ...change,
      }
      participants.reservations.set(reservationId, held)
      return reservationId
    },
    pay(userId, reservationId, { key = randomUUID(), card, body } = {}) {
      const method = card === undefined ? { paymentMethod: 'BALANCE' } : cardOf(card)
      return send('POST', '/payments', userId, {
        headers: { 'Idempotency-Key': key },
        body: JSON.stringify({ reservationId, ...method, ...body }),
      })
    },
    metrics: async () => (await fetch(`http://127.0.0.1:${payment.ports.ops}/metrics`)).text(),
    sent: (type) => participants.commands.filter((command) => command.type === type),
    ordered: (type) => [
      ...new Set(participants.commands.filter((command) => command.type === type).map(({ id }) => id)),
    ],
    async stop() {
      await payment.lifecycle.stop()
      await participants.stop()
      await pool.end()
      await environment.dispose()
    },
  }
}

async function request(
  url: string,
  method: string,
  path: string,
  userId: string,
  more: { headers?: Record<string, string>; body?: string } = {},
): Promise<Answered> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    ...more,
    signal: AbortSignal.timeout(60_000),
    headers: {
      Authorization: `Bearer ${await tokenFor(userId, { admin: userId === 'admin' })}`,
      'Content-Type': 'application/json',
      ...more.headers,
    },
  })
  const body: Answered['body'] = JSON.parse(await response.text())
  return {
    status: response.status,
    replayed: response.headers.get('idempotency-replayed'),
    location: response.headers.get('location'),
    retryAfter: response.headers.get('retry-after'),
    applied: response.headers.get('preference-applied'),
    body,
  }
}
