import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { PurchaseSaga, SagaState } from '../purchase-saga.ts'
import type { Payment, PaymentMethod, PaymentStatus } from './payments.ts'

/** A saga with the parts of its payment that commands are made from, locked by the transaction that read it. */
export interface LockedSaga {
  saga: PurchaseSaga
  version: number
  payment: Pick<
    Payment,
    | 'paymentId'
    | 'reservationId'
    | 'userId'
    | 'scheduleId'
    | 'amount'
    | 'paymentMethod'
    | 'status'
    | 'createdAt'
  >
}

interface SagaRow {
  payment_id: string
  reservation_id: string
  user_id: string
  schedule_id: number
  amount: number
  payment_method: PaymentMethod
  status: PaymentStatus
  state: SagaState
  money_taken: boolean
  attempts: number
  reason: string | null
  version: number
  created_at: Date
}

/** Reads a saga and locks it, so that messages of one saga take turns. */
export async function lockSaga(tx: Tx, paymentId: string): Promise<LockedSaga | undefined> {
  const { rows } = await tx.query<SagaRow>({
    name: 'sagas-lock',
    text: `SELECT p.payment_id, p.reservation_id, p.user_id, p.schedule_id, p.amount, p.payment_method, p.status,
                  s.state, s.money_taken, s.attempts, s.reason, s.version, p.created_at
           FROM purchase_sagas s JOIN payments p USING (payment_id)
           WHERE s.payment_id = $1 FOR UPDATE`,
    values: [paymentId],
  })
  const row = rows[0]
  if (row === undefined) return undefined
  return {
    saga: {
      state: row.state,
      paymentMethod: row.payment_method,
      moneyTaken: row.money_taken,
      attempts: row.attempts,
      reason: row.reason,
    },
    version: row.version,
    payment: {
      paymentId: row.payment_id,
      reservationId: row.reservation_id,
      userId: row.user_id,
      scheduleId: row.schedule_id,
      amount: row.amount,
      paymentMethod: row.payment_method,
      status: row.status,
      createdAt: row.created_at,
    },
  }
}

/** Inserts a new saga with its first deadline. */
export async function insertSaga(
  tx: Tx,
  paymentId: string,
  saga: PurchaseSaga,
  deadlineAt: Date | null,
): Promise<void> {
  await tx.query({
    name: 'sagas-insert',
    text: `INSERT INTO purchase_sagas (payment_id, state, money_taken, attempts, deadline_at, reason)
           VALUES ($1, $2, $3, $4, $5, $6)`,
    values: [paymentId, saga.state, saga.moneyTaken, saga.attempts, deadlineAt, saga.reason],
  })
}

/** Saves a decision and its line in the saga's history. Throws where the version is not the one that was locked. */
export async function saveSaga(
  tx: Tx,
  locked: LockedSaga,
  next: { saga: PurchaseSaga; deadlineAt: Date | null; message: string; now: Date },
): Promise<void> {
  const { rowCount } = await tx.query({
    name: 'sagas-save',
    text: `WITH saved AS (
             UPDATE purchase_sagas SET state = $3, money_taken = $4, attempts = $5, deadline_at = $6, reason = $7,
               version = version + 1, updated_at = $8
             WHERE payment_id = $1 AND version = $2 RETURNING payment_id, version)
           INSERT INTO saga_steps (payment_id, version, message, from_state, to_state, at)
           SELECT payment_id, version, $9, $10, $3, $8 FROM saved`,
    values: [
      locked.payment.paymentId,
      locked.version,
      next.saga.state,
      next.saga.moneyTaken,
      next.saga.attempts,
      next.deadlineAt,
      next.saga.reason,
      next.now,
      next.message,
      locked.saga.state,
    ],
  })
  if (rowCount !== 1) throw new Error(`saga ${locked.payment.paymentId} changed under its lock`)
}

/** Lists sagas whose deadline has passed, without locking them: `isDue` checks each again under its lock. */
export async function listDueSagas(db: Queryable, now: Date, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ payment_id: string }>({
    name: 'sagas-due',
    text: `SELECT payment_id FROM purchase_sagas WHERE deadline_at <= $1 ORDER BY deadline_at LIMIT $2`,
    values: [now, limit],
  })
  return rows.map((row) => row.payment_id)
}

/** Locks a saga and says whether its deadline has passed. False also where another transaction has it locked. */
export async function isDue(tx: Tx, paymentId: string, now: Date): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'sagas-is-due',
    text: 'SELECT 1 FROM purchase_sagas WHERE payment_id = $1 AND deadline_at <= $2 FOR UPDATE SKIP LOCKED',
    values: [paymentId, now],
  })
  return rowCount === 1
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

/** Counts all sagas by state, for the audit. */
export async function countSagas(db: Queryable): Promise<{ state: string; count: number }[]> {
  const { rows } = await db.query<{ state: string; count: number }>(
    `SELECT state, count(*) AS count FROM purchase_sagas GROUP BY state`,
  )
  return rows
}
