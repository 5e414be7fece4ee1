import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { SagaState } from '../purchase-saga.ts'

export type PaymentMethod = 'BALANCE' | 'CARD'
export type PaymentStatus = 'PENDING' | 'APPROVED' | 'FAILED' | 'REFUNDED'

/** A row of `payments`. */
export interface Payment {
  paymentId: string
  reservationId: string
  userId: string
  scheduleId: number
  amount: number
  paymentMethod: PaymentMethod
  status: PaymentStatus
  reason: string | null
  createdAt: Date
  paidAt: Date | null
  endedAt: Date | null
}

/** One seat as it was sold. */
export interface PaidSeat {
  seatId: number
  seatNumber: number
  section: string
  row: string
  grade: string
  price: number
}

/** What a payment is for, as the reservation said when it began. */
export interface ReservedSeats {
  reservationNumber: string
  seats: PaidSeat[]
}

/** What statements select of `payments` to read a Payment. */
export const PAYMENT_COLUMNS = `payment_id AS "paymentId", reservation_id AS "reservationId", user_id AS "userId",
  schedule_id AS "scheduleId", amount, payment_method AS "paymentMethod", status, reason,
  created_at AS "createdAt", paid_at AS "paidAt", ended_at AS "endedAt"`

/** Reads one payment, whoever made it. */
export async function findPayment(db: Queryable, paymentId: string): Promise<Payment | undefined> {
  const { rows } = await db.query<Payment>({
    name: 'payments-find',
    text: `SELECT ${PAYMENT_COLUMNS} FROM payments WHERE payment_id = $1`,
    values: [paymentId],
  })
  return rows[0]
}

/** Reads what a payment is for. Both are null in payments from before they were stored. */
export async function findReservedSeats(
  db: Queryable,
  paymentId: string,
): Promise<{ reservationNumber: string | null; seats: PaidSeat[] | null } | undefined> {
  const { rows } = await db.query<{ reservationNumber: string | null; seats: PaidSeat[] | null }>({
    name: 'payments-find-reserved-seats',
    text: `SELECT reservation_number AS "reservationNumber", seats FROM payments WHERE payment_id = $1`,
    values: [paymentId],
  })
  return rows[0]
}

/** Reads those of the payments that have settled, or wait for the owner of their card: there is an answer to whoever asked for them. */
export async function findSettled(db: Queryable, paymentIds: readonly string[]): Promise<Payment[]> {
  const { rows } = await db.query<Payment>({
    name: 'payments-find-settled',
    // Looks by key: a join, or EXISTS beside OR, could come to read a whole table.
    text: `SELECT ${PAYMENT_COLUMNS} FROM unnest($1::uuid[]) AS wanted (id)
             CROSS JOIN LATERAL (SELECT * FROM payments WHERE payment_id = wanted.id OFFSET 0) AS p
           WHERE status <> 'PENDING'
             OR (SELECT c.status FROM card_captures c WHERE c.payment_id = p.payment_id) = 'ACTION_REQUIRED'`,
    values: [paymentIds],
  })
  return rows
}

/** Finds the payment that is PENDING of each of these reservations, by reservation. */
export async function findPendingPayments(
  db: Queryable,
  reservationIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ reservationId: string; paymentId: string }>({
    name: 'payments-find-pending',
    // The first condition on the status is the one of the index.
    text: `SELECT wanted.id AS "reservationId", payment_id AS "paymentId" FROM unnest($1::uuid[]) AS wanted (id)
             CROSS JOIN LATERAL (
               SELECT payment_id FROM payments
               WHERE reservation_id = wanted.id AND status IN ('PENDING', 'APPROVED') AND status = 'PENDING' OFFSET 0) AS p`,
    values: [reservationIds],
  })
  return new Map(rows.map(({ reservationId, paymentId }) => [reservationId, paymentId]))
}

/** Saves the status of payments, with its reason and times. */
export async function updatePaymentStatuses(tx: Tx, payments: readonly Payment[]): Promise<void> {
  await tx.query({
    name: 'payments-update-statuses',
    text: `UPDATE payments p SET status = n.status, reason = n.reason, paid_at = n.paid_at, ended_at = n.ended_at
           FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
             AS n (payment_id, status, reason, paid_at, ended_at)
           WHERE p.payment_id = n.payment_id`,
    values: [
      payments.map(({ paymentId }) => paymentId),
      payments.map(({ status }) => status),
      payments.map(({ reason }) => reason),
      payments.map(({ paidAt }) => paidAt),
      payments.map(({ endedAt }) => endedAt),
    ],
  })
}

/** What the audit compares of a payment, its saga and its capture. */
export interface PaymentFacts {
  paymentId: string
  reservationId: string
  amount: number
  paymentMethod: PaymentMethod
  status: PaymentStatus
  sagaState: SagaState
  captureStatus: string | null
  /** What the saga last wanted of the card provider. */
  captureWanted: string | null
  /** Whether its money was taken is not known, and nothing is asked of the card provider any more. */
  isCaptureLeft: boolean
  createdAt: Date
  /** When the saga moved last. */
  movedAt: Date
  /** When the saga looks after its running step again; null once it is settled. */
  deadlineAt: Date | null
}

/** Lists payments with ids above `after`, in the order of their ids. */
export async function listPaymentFacts(db: Queryable, after: string, limit: number): Promise<PaymentFacts[]> {
  const { rows } = await db.query<PaymentFacts>(
    `SELECT p.payment_id AS "paymentId", p.reservation_id AS "reservationId", p.amount,
            p.payment_method AS "paymentMethod", p.status, p.created_at AS "createdAt", s.state AS "sagaState",
            s.updated_at AS "movedAt", s.deadline_at AS "deadlineAt", c.status AS "captureStatus", c.wanted AS "captureWanted",
            coalesce(c.due_at IS NULL AND c.status IN ('PENDING', 'ACTION_REQUIRED'), false) AS "isCaptureLeft"
     FROM payments p JOIN purchase_sagas s USING (payment_id) LEFT JOIN card_captures c USING (payment_id)
     WHERE p.payment_id > $1 ORDER BY p.payment_id LIMIT $2`,
    [after, limit],
  )
  return rows
}
