import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import type { Queryable } from '@frontrow/postgres/pool'
import type { Contact } from '@frontrow/service-host/contact'
import { uuidv7 } from 'uuidv7'
import type { PurchaseSaga } from '../purchase-saga.ts'
import type { PaymentKey } from './payment-keys.ts'
import type { Payment, ReservedSeats } from './payments.ts'

/** A payment that is to begin, with all that is written of it. */
export interface NewPayment {
  payment: Pick<Payment, 'paymentId' | 'reservationId' | 'userId' | 'scheduleId' | 'amount' | 'paymentMethod'>
  /** What it pays for. */
  reserved: ReservedSeats
  key: PaymentKey
  saga: PurchaseSaga
  deadlineAt: Date | null
  /** Where it is set, the card worker finds a capture to make. */
  cardToken: string | null
  /**
   * Where mail about it goes: the payer's contact is this from now on. Null forgets what is known of them, because their own token names no
   * verified address any more; undefined leaves it.
   */
  contact?: Contact | null | undefined
  /** The saga's first command, under the trace of its request; null where it is work of the card worker. */
  command: OutgoingMessage | null
}

/**
 * Begins payments: each with its key, its saga, its capture and the outbox row of its first command, all in one statement, which is a
 * transaction of its own. Returns those that began. A payment does not begin where its key was used before (the primary key of
 * payment_requests) or its reservation has a live payment (payments_one_live), be it of the same list; of two of one reservation, the
 * first begins, and the key of the other remembers that it did not. Keys are inserted in their order and then payments in the order of
 * their reservations, so that instances that begin payments of the same ones wait for each other instead of running into a deadlock.
 */
export async function beginPayments(
  db: Queryable,
  payments: readonly NewPayment[],
): Promise<Pick<Payment, 'paymentId' | 'createdAt'>[]> {
  const { rows } = await db.query<Pick<Payment, 'paymentId' | 'createdAt'>>({
    name: 'payments-begin',
    text: `
      WITH wanted AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bytea[],
            $9::text[], $10::boolean[], $11::int[], $12::timestamptz[], $13::text[], $14::text[],
            $15::uuid[], $16::text[], $17::text[], $18::text[], $19::json[], $20::text[], $21::text[], $22::text[], $23::json[],
            $24::text[], $25::text[], $26::boolean[])
          WITH ORDINALITY AS wanted (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, idempotency_key,
            request_hash, state, money_taken, attempts, deadline_at, reason, card_token,
            message_id, topic, message_key, type, payload, traceparent, request_id, reservation_number, seats, email, locale,
            is_own, place)
      ), claimed AS (
        INSERT INTO payment_requests (user_id, idempotency_key, request_hash, payment_id)
        SELECT user_id, idempotency_key, request_hash, payment_id FROM wanted ORDER BY user_id, idempotency_key, place
        ON CONFLICT DO NOTHING
        RETURNING payment_id
      ), begun AS (
        INSERT INTO payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status, reservation_number, seats)
        SELECT payment_id, reservation_id, user_id, schedule_id, amount, payment_method, 'PENDING', reservation_number, seats
        FROM claimed JOIN wanted USING (payment_id) ORDER BY reservation_id, place
        ON CONFLICT DO NOTHING
        RETURNING payment_id, created_at
      ), sagas AS (
        INSERT INTO purchase_sagas (payment_id, state, money_taken, attempts, deadline_at, reason)
        SELECT payment_id, state, money_taken, attempts, deadline_at, reason FROM begun JOIN wanted USING (payment_id)
      ), captures AS (
        INSERT INTO card_captures (payment_id, amount, card_token, wanted, status, was_asked)
        SELECT payment_id, amount, card_token, 'CAPTURED', 'PENDING', false FROM begun JOIN wanted USING (payment_id)
        WHERE card_token IS NOT NULL
      ), commands AS (
        INSERT INTO outbox (message_id, topic, message_key, type, payload, traceparent, request_id)
        SELECT message_id, topic, message_key, type, payload, traceparent, request_id FROM begun JOIN wanted USING (payment_id)
        WHERE message_id IS NOT NULL ORDER BY place
      ), said AS MATERIALIZED (
        SELECT DISTINCT ON (user_id) user_id, email, locale FROM begun JOIN wanted USING (payment_id)
        WHERE is_own ORDER BY user_id, place DESC
      ), addressed AS (
        INSERT INTO contacts AS known (user_id, email, locale)
        SELECT user_id, email, locale FROM said
        LEFT JOIN LATERAL (SELECT true AS is_known FROM contacts c WHERE c.user_id = said.user_id OFFSET 0) AS c ON true
        WHERE email IS NOT NULL OR is_known ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, locale = excluded.locale, updated_at = now()
        WHERE (known.email, known.locale) IS DISTINCT FROM (excluded.email, excluded.locale)
      )
      SELECT payment_id AS "paymentId", created_at AS "createdAt" FROM begun`,
    values: [
      payments.map(({ payment }) => payment.paymentId),
      payments.map(({ payment }) => payment.reservationId),
      payments.map(({ payment }) => payment.userId),
      payments.map(({ payment }) => payment.scheduleId),
      payments.map(({ payment }) => payment.amount),
      payments.map(({ payment }) => payment.paymentMethod),
      payments.map(({ key }) => key.idempotencyKey),
      payments.map(({ key }) => key.requestHash),
      payments.map(({ saga }) => saga.state),
      payments.map(({ saga }) => saga.moneyTaken),
      payments.map(({ saga }) => saga.attempts),
      payments.map(({ deadlineAt }) => deadlineAt),
      payments.map(({ saga }) => saga.reason),
      payments.map(({ cardToken }) => cardToken),
      payments.map(({ command }) => (command === null ? null : (command.id ?? uuidv7()))),
      payments.map(({ command }) => command?.topic ?? null),
      payments.map(({ command }) => command?.key ?? null),
      payments.map(({ command }) => command?.type ?? null),
      payments.map(({ command }) => (command === null ? null : JSON.stringify(command.payload))),
      payments.map(({ command }) => command?.trace?.traceparent ?? null),
      payments.map(({ command }) => command?.trace?.requestId ?? null),
      payments.map(({ reserved }) => reserved.reservationNumber),
      payments.map(({ reserved }) => JSON.stringify(reserved.seats)),
      payments.map(({ contact }) => contact?.email ?? null),
      payments.map(({ contact }) => contact?.locale ?? null),
      payments.map(({ contact }) => contact !== undefined),
    ],
  })
  return rows
}
