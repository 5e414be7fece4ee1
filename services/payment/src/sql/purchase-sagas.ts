import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { PurchaseSaga, SagaState } from '../purchase-saga.ts'
import type { Payment } from './payments.ts'

/** A payment and its saga. */
export interface PaymentWithSaga {
  payment: Payment
  saga: PurchaseSaga
  /** Counts the saga's moves. */
  version: number
}

interface SagaRow extends Payment {
  sagaState: SagaState
  sagaReason: string | null
  moneyTaken: boolean
  attempts: number
  version: number
}

const SAGA_COLUMNS = `p.payment_id AS "paymentId", p.reservation_id AS "reservationId", p.user_id AS "userId",
             p.schedule_id AS "scheduleId", p.amount, p.payment_method AS "paymentMethod", p.status, p.reason,
             p.created_at AS "createdAt", p.paid_at AS "paidAt", p.ended_at AS "endedAt", s.state AS "sagaState",
             s.reason AS "sagaReason", s.money_taken AS "moneyTaken", s.attempts, s.version`

/**
 * Reads sagas and locks them, so that messages of one saga take turns. Rows are locked in the order of ids, so that two batches can't
 * wait for each other. The payments are locked too: of a row that is only joined, a transaction that has waited would see the old version.
 */
export async function lockSagas(tx: Tx, paymentIds: readonly string[]): Promise<PaymentWithSaga[]> {
  const { rows } = await tx.query<SagaRow>({
    name: 'sagas-lock',
    text: `SELECT ${SAGA_COLUMNS}
           FROM purchase_sagas s JOIN payments p USING (payment_id)
           WHERE s.payment_id = ANY ($1::uuid[]) ORDER BY s.payment_id FOR NO KEY UPDATE`,
    values: [paymentIds],
  })
  return rows.map(toPaymentWithSaga)
}

/** Reads one payment and its saga as they are now, whoever made it. */
export async function findPaymentWithSaga(
  db: Queryable,
  paymentId: string,
): Promise<PaymentWithSaga | undefined> {
  const { rows } = await db.query<SagaRow>({
    name: 'sagas-find',
    text: `SELECT ${SAGA_COLUMNS} FROM purchase_sagas s JOIN payments p USING (payment_id) WHERE s.payment_id = $1`,
    values: [paymentId],
  })
  return rows[0] === undefined ? undefined : toPaymentWithSaga(rows[0])
}

function toPaymentWithSaga(row: SagaRow): PaymentWithSaga {
  const { sagaState, sagaReason, moneyTaken, attempts, version, ...payment } = row
  return {
    payment,
    saga: {
      state: sagaState,
      paymentMethod: payment.paymentMethod,
      moneyTaken,
      attempts,
      reason: sagaReason,
    },
    version,
  }
}

/** What is saved of a saga that has moved. */
export interface MovedSaga extends PaymentWithSaga {
  /** The version that was loaded. */
  lockedVersion: number
  deadlineAt: Date | null
}

/** Saves sagas and the lines of their histories. Throws where a version is not the one that was locked. */
export async function saveSagas(
  tx: Tx,
  sagas: readonly MovedSaga[],
  steps: readonly (Omit<SagaStep, 'at'> & { paymentId: string; version: number })[],
  now: Date,
): Promise<void> {
  const { rowCount } = await tx.query({
    name: 'sagas-save',
    text: `WITH saved AS (
             UPDATE purchase_sagas s SET state = n.state, money_taken = n.money_taken, attempts = n.attempts,
               deadline_at = n.deadline_at, reason = n.reason, version = n.version, updated_at = $1
             FROM unnest($2::uuid[], $3::int[], $4::int[], $5::text[], $6::boolean[], $7::int[], $8::timestamptz[], $9::text[])
               AS n (payment_id, locked_version, version, state, money_taken, attempts, deadline_at, reason)
             WHERE s.payment_id = n.payment_id AND s.version = n.locked_version
             RETURNING s.payment_id)
           INSERT INTO saga_steps (payment_id, version, message, from_state, to_state, at)
           SELECT payment_id, n.version, n.message, n.from_state, n.to_state, $1
           FROM saved JOIN unnest($10::uuid[], $11::int[], $12::text[], $13::text[], $14::text[])
             AS n (payment_id, version, message, from_state, to_state) USING (payment_id)`,
    values: [
      now,
      sagas.map(({ payment }) => payment.paymentId),
      sagas.map(({ lockedVersion }) => lockedVersion),
      sagas.map(({ version }) => version),
      sagas.map(({ saga }) => saga.state),
      sagas.map(({ saga }) => saga.moneyTaken),
      sagas.map(({ saga }) => saga.attempts),
      sagas.map(({ deadlineAt }) => deadlineAt),
      sagas.map(({ saga }) => saga.reason),
      steps.map(({ paymentId }) => paymentId),
      steps.map(({ version }) => version),
      steps.map(({ message }) => message),
      steps.map(({ fromState }) => fromState),
      steps.map(({ toState }) => toState),
    ],
  })
  if (rowCount !== steps.length) throw new Error('a saga changed under its lock')
}

/** Lists sagas whose deadline has passed, without locking them: `lockDueSagas` checks each again under its lock. */
export async function listDueSagas(db: Queryable, now: Date, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ payment_id: string }>({
    name: 'sagas-due',
    text: `SELECT payment_id FROM purchase_sagas WHERE deadline_at <= $1 ORDER BY deadline_at LIMIT $2`,
    values: [now, limit],
  })
  return rows.map((row) => row.payment_id)
}

/** Locks those of the sagas whose deadline has still passed, and passes over those that another transaction has locked. */
export async function lockDueSagas(tx: Tx, paymentIds: readonly string[], now: Date): Promise<string[]> {
  const { rows } = await tx.query<{ payment_id: string }>({
    name: 'sagas-lock-due',
    text: `SELECT payment_id FROM purchase_sagas WHERE payment_id = ANY ($1::uuid[]) AND deadline_at <= $2
           ORDER BY payment_id FOR NO KEY UPDATE SKIP LOCKED`,
    values: [paymentIds, now],
  })
  return rows.map((row) => row.payment_id)
}

/** Locks a saga whose deadline has still passed, or that has none. Returns false where it has moved on, or another transaction has locked it. */
export async function lockStuckSaga(tx: Tx, paymentId: string, now: Date): Promise<boolean> {
  const { rows } = await tx.query({
    name: 'sagas-lock-stuck',
    text: `SELECT 1 FROM purchase_sagas WHERE payment_id = $1 AND (deadline_at <= $2 OR deadline_at IS NULL)
           FOR NO KEY UPDATE SKIP LOCKED`,
    values: [paymentId, now],
  })
  return rows.length === 1
}

/** Moves a deadline that has passed to `until`. */
export async function postponeDeadline(
  db: Queryable,
  paymentId: string,
  now: Date,
  until: Date,
): Promise<void> {
  await db.query({
    name: 'sagas-postpone',
    text: 'UPDATE purchase_sagas SET deadline_at = $3 WHERE payment_id = $1 AND deadline_at <= $2',
    values: [paymentId, now, until],
  })
}

/** One line of a saga's history. */
export interface SagaStep {
  message: string
  fromState: string
  toState: string
  at: Date
}

/** Lists the newest 100 lines of a saga's history, oldest first. */
export async function listSagaSteps(db: Queryable, paymentId: string): Promise<SagaStep[]> {
  const { rows } = await db.query<SagaStep>({
    name: 'sagas-steps',
    text: `SELECT message, from_state AS "fromState", to_state AS "toState", at
           FROM (SELECT * FROM saga_steps WHERE payment_id = $1 ORDER BY version DESC LIMIT 100) newest
           ORDER BY version`,
    values: [paymentId],
  })
  return rows
}

/** Counts sagas at work by state. The index of deadlines holds no others, so settled ones do not make a scrape slower. */
export async function countOpenSagas(db: Queryable): Promise<{ state: string; count: number }[]> {
  const { rows } = await db.query<{ state: string; count: number }>(
    `SELECT state, count(*) AS count FROM purchase_sagas WHERE deadline_at IS NOT NULL GROUP BY state`,
  )
  return rows
}

/**
 * SQL for since when a saga `s` of a payment `p` holds money without a ticket: since the payment began, or since its ticket was cancelled. That is when
 * the saga moved last, unless it has asked for the refund again since; only then its history is read, since a whole show may be on its way back.
 */
export const HELD_SINCE = `CASE WHEN p.paid_at IS NULL THEN p.created_at WHEN s.state = 'REFUNDING' AND s.attempts = 1 THEN s.updated_at
       ELSE coalesce((SELECT max(t.at) FROM saga_steps t WHERE t.payment_id = s.payment_id AND t.from_state = 'APPROVED'), s.updated_at)
       END`

/**
 * Lists since when sagas at work hold money, or may hold it, without a ticket: since the payment began, or since its ticket was cancelled.
 * The longest waiting first, 10,000 at most.
 */
export async function listHeldAtWork(db: Queryable): Promise<Date[]> {
  const { rows } = await db.query<{ since: Date }>(
    `SELECT ${HELD_SINCE} AS since
     FROM purchase_sagas s JOIN payments p USING (payment_id)
     WHERE s.deadline_at IS NOT NULL AND (s.money_taken OR s.state = 'REFUNDING')
     ORDER BY since LIMIT 10000`,
  )
  return rows.map((row) => row.since)
}

/** Counts all sagas by state, for the audit. */
export async function countSagas(db: Queryable): Promise<{ state: string; count: number }[]> {
  const { rows } = await db.query<{ state: string; count: number }>(
    `SELECT state, count(*) AS count FROM purchase_sagas GROUP BY state`,
  )
  return rows
}
