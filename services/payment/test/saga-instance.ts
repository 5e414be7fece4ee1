import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { createSimulatedCardProvider } from '@frontrow/card-provider/simulated-card-provider'
import { randomUUID } from 'node:crypto'
import type { Incoming } from '@frontrow/messaging/handlers'
import { Alarm } from '@frontrow/messaging/wake-up'
import type { Pool } from '@frontrow/postgres/pool'
import { readConfig } from '@frontrow/service-host/config'
import { createMetrics } from '@frontrow/service-host/metrics'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { continueTrace, currentTrace } from '@frontrow/trace-context/trace-context'
import { pino } from 'pino'
import { uuidv7 } from 'uuidv7'
import type { SagaNews } from '../src/advance-purchase-sagas.ts'
import { createPaymentBeginnings } from '../src/begin-payments.ts'
import { CardSlots } from '../src/card-slots.ts'
import { commandId } from '../src/command-id.ts'
import { settings } from '../src/config.ts'
import type { Context } from '../src/context.ts'
import { createPaymentEvents } from '../src/events.ts'
import { PaymentIntake } from '../src/payment-intake.ts'
import { createPaymentKeys } from '../src/payment-keys.ts'
import type { SagaMessage } from '../src/purchase-saga.ts'
import { SettledPayments } from '../src/settled-payments.ts'
import { findSettled } from '../src/sql/payments.ts'

/** One instance's context without servers around it, with what it logged and counted. */
export interface Instance {
  ctx: Context
  logged: { level: number; msg: string; requestId: string | null; paymentId?: string }[]
  /** The sum of a counter or the count of a histogram. */
  counted(name: string): Promise<number>
  stop(): Promise<void>
}

/** A payment whose saga waits for the money. */
export interface BegunPayment {
  paymentId: string
  reservationId: string
}

export function startInstance(environment: TestEnvironment, env: Record<string, string> = {}): Instance {
  const pool = openPatientPool(environment.databaseUrl('payment'), { max: 5, applicationName: 'instance' })
  const logged: Instance['logged'] = []
  const logger = pino(
    { level: 'debug', base: null, mixin: () => ({ requestId: currentTrace()?.requestId ?? null }) },
    { write: (line: string) => logged.push(JSON.parse(line)) },
  )
  const metrics = createMetrics('payment', { processMetrics: false })
  const base = {
    config: readConfig(settings, {
      ...environment.serviceEnv('payment'),
      ...Object.fromEntries(
        ['QUEUE_GRPC', 'CATALOG_GRPC', 'RESERVATION_GRPC', 'WALLET_GRPC'].map((name) => [name, 'unused:1']),
      ),
      ...env,
    }),
    pool,
    relay: new Alarm(),
    cardWork: new Alarm(),
    events: createPaymentEvents({ logger, metrics }),
    now: () => new Date(),
  }
  const ctx: Context = {
    ...base,
    logger,
    cardProvider: createSimulatedCardProvider({ lateMs: 100 }),
    cardSlots: new CardSlots({ captures: 16, refunds: 16, questions: 16 }),
    intakes: { BALANCE: new PaymentIntake(Infinity), CARD: new PaymentIntake(Infinity) },
    beginnings: createPaymentBeginnings(base),
    keys: createPaymentKeys(pool),
    settled: new SettledPayments({
      logger,
      find: (ids) => findSettled(pool, ids),
      onSettled: () => undefined,
      onFound: () => undefined,
    }),
    getReservation: () => Promise.reject(new Error('nobody asks for a reservation here')),
  }
  return {
    ctx,
    logged,
    async counted(name) {
      const text = await metrics.registry.getSingleMetricAsString(name)
      const values = text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name}_count`))
      return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    },
    stop: () => pool.end(),
  }
}

/** Begins one payment for each method, as POST /payments does. `deadlineAt` is when its saga looks after the reply. */
export async function beginPayments(
  pool: Pool,
  methods: readonly ('BALANCE' | 'CARD')[],
  deadlineAt = new Date(Date.now() + 60_000),
): Promise<BegunPayment[]> {
  const begun = methods.map((method) => ({ paymentId: uuidv7(), reservationId: uuidv7(), method }))
  await pool.query(
    `WITH n AS (
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (payment_id, reservation_id, method)),
     paid AS (
       INSERT INTO payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status)
       SELECT payment_id, reservation_id, 'u-1', 42, 120000, method, 'PENDING' FROM n),
     captures AS (
       INSERT INTO card_captures (payment_id, amount, card_token, wanted, status, was_asked)
       SELECT payment_id, 120000, 'tok_approved', 'CAPTURED', 'PENDING', false FROM n WHERE method = 'CARD')
     INSERT INTO purchase_sagas (payment_id, state, deadline_at, updated_at)
     SELECT payment_id, 'TAKING_MONEY', $4, $4 FROM n`,
    [
      begun.map(({ paymentId }) => paymentId),
      begun.map(({ reservationId }) => reservationId),
      begun.map(({ method }) => method),
      deadlineAt,
    ],
  )
  return begun
}

/** A message as it comes from Kafka, under a trace of its own. */
export function incoming(
  paymentId: string,
  message: SagaMessage,
  more: { id?: string; requestId?: string } = {},
): Incoming<SagaNews> {
  const { id = randomUUID(), requestId = `r-${id}` } = more
  return { id, type: message.type, trace: continueTrace({ requestId }), content: { paymentId, message } }
}

/**
 * All that the database holds about these payments, in the order of ids and of the outbox. Ids are replaced by the payment's place
 * in the list, so that two lists of payments that met the same are equal.
 */
export async function readRows(
  pool: Pool,
  payments: readonly BegunPayment[],
): Promise<Record<string, unknown>> {
  const ids = payments.map(({ paymentId }) => paymentId)
  const read = async (text: string): Promise<unknown[]> => (await pool.query(text, [ids])).rows
  const rows = {
    sagas: await read(
      `SELECT payment_id, state, money_taken, attempts, deadline_at, reason, version, updated_at
       FROM purchase_sagas WHERE payment_id = ANY ($1) ORDER BY payment_id`,
    ),
    steps: await read(
      `SELECT payment_id, version, message, from_state, to_state, at
       FROM saga_steps WHERE payment_id = ANY ($1) ORDER BY payment_id, version`,
    ),
    payments: await read(
      `SELECT payment_id, status, reason, paid_at, ended_at
       FROM payments WHERE payment_id = ANY ($1) ORDER BY payment_id`,
    ),
    captures: await read(
      `SELECT payment_id, wanted, status FROM card_captures WHERE payment_id = ANY ($1) ORDER BY payment_id`,
    ),
    // The id of an event is a new one each time.
    outbox: await read(
      `SELECT CASE WHEN topic LIKE '%commands' THEN message_id END AS command_id, topic, message_key, type, payload,
         request_id, substr(traceparent, 1, 36) AS trace
       FROM outbox WHERE payload->>'paymentId' = ANY ($1::text[]) ORDER BY id`,
    ),
  }
  let text = JSON.stringify(rows)
  for (const [place, { paymentId, reservationId }] of payments.entries()) {
    text = text.replaceAll(paymentId, `payment ${place}`).replaceAll(reservationId, `reservation ${place}`)
    for (const command of ['DebitWallet', 'RefundWallet', 'ConfirmReservation'] as const) {
      text = text.replaceAll(commandId(paymentId, command), `${command} of ${place}`)
    }
  }
  return JSON.parse(text)
}
