/** The one statement of each request and of each batch of messages in the bare stack. */

/** Puts money into a wallet. Values: charge id, user, idempotency key, answer. */
export const insertCharge = {
  name: 'charge',
  text: `WITH
      charge AS (INSERT INTO bare.charges (charge_id, user_id, amount) VALUES ($1, $2, 1000000)),
      entries AS (
        INSERT INTO bare.ledger_entries (transaction_id, account, user_id, amount)
        VALUES ($1, 'wallet', $2, 1000000), ($1, 'funding', NULL, -1000000)
      ),
      key AS (INSERT INTO bare.idempotency_keys VALUES ($2, 'charge', $3, $4))
    INSERT INTO bare.wallets AS wallet (user_id, balance) VALUES ($2, 1000000)
    ON CONFLICT (user_id) DO UPDATE SET balance = wallet.balance + excluded.balance
    RETURNING balance`,
}

/** Holds seats. Values: reservation id, user, schedule, seat ids, seats as JSON, idempotency key. */
export const insertHold = {
  name: 'hold',
  text: `WITH
      seats AS (
        INSERT INTO bare.seat_holds (schedule_id, seat_id, reservation_id, user_id, expires_at)
        SELECT $3, seat_id, $1, $2, now() + interval '5 minutes' FROM unnest($4::bigint[]) AS seat_id
      ),
      key AS (INSERT INTO bare.idempotency_keys VALUES ($2, 'hold', $6, $5::json)),
      event AS (INSERT INTO bare.outbox (message_id, topic, payload) VALUES ($1, 'held', $5::json))
    INSERT INTO bare.reservations (reservation_id, user_id, schedule_id, status, seat_ids, seats)
    VALUES ($1, $2, $3, 'HOLD', $4, $5::json)`,
}

/** Accepts a job. Values: job id, user, schedule, seat ids as JSON. */
export const insertJob = {
  name: 'job',
  text: `INSERT INTO bare.jobs (job_id, user_id, schedule_id, choice) VALUES ($1, $2, $3, $4)`,
}

/** Ends jobs. Values: job ids, an answer as JSON. */
export const endJobs = {
  name: 'jobs-end',
  text: `UPDATE bare.jobs SET completed_at = now(), result = $2 WHERE job_id = ANY ($1::uuid[])`,
}

/** Those of some seats that are taken. Values: schedule, seat ids. */
export const selectTaken = {
  name: 'taken',
  text: `SELECT seat_id FROM bare.seat_holds WHERE schedule_id = $1 AND seat_id = ANY ($2::bigint[])`,
}

const messages = `messages AS (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS m (message_id, payment_id, reservation_id, user_id)
    )`
const claimedBy = (consumer: string): string =>
  `claimed AS (INSERT INTO bare.inbox SELECT '${consumer}', message_id FROM messages)`
const enqueue = (topic: string): string =>
  `INSERT INTO bare.outbox (message_id, topic, payload)
   SELECT gen_random_uuid(), '${topic}', json_build_object('paymentId', payment_id, 'userId', user_id) FROM messages`

/** Statements for many payments at once. Values of each: message ids, payment ids, reservation ids, users, one of each a payment. */
export const paymentSteps = {
  begin: `WITH ${messages},
      payment AS (INSERT INTO bare.payments SELECT payment_id, reservation_id, user_id, 'PENDING' FROM messages),
      saga AS (INSERT INTO bare.sagas SELECT payment_id, 'TAKING_MONEY', now() + interval '5 s' FROM messages)
    ${enqueue('debit')}`,
  debit: `WITH ${messages}, ${claimedBy('wallet')},
      debited AS (
        UPDATE bare.wallets AS wallet SET balance = balance - 50000 FROM messages WHERE wallet.user_id = messages.user_id
      ),
      entries AS (
        INSERT INTO bare.ledger_entries (transaction_id, account, user_id, amount)
        SELECT payment_id, account, CASE account WHEN 'wallet' THEN user_id END, amount
        FROM messages, (VALUES ('wallet', -50000), ('sales', 50000)) AS entry (account, amount)
      ),
      movement AS (INSERT INTO bare.movements SELECT payment_id, user_id, 50000 FROM messages)
    ${enqueue('debited')}`,
  debited: `WITH ${messages}, ${claimedBy('payment')},
      saga AS (
        UPDATE bare.sagas SET state = 'CONFIRMING' FROM messages WHERE sagas.payment_id = messages.payment_id
      ),
      step AS (INSERT INTO bare.saga_steps SELECT payment_id, 'CONFIRMING' FROM messages)
    ${enqueue('confirm')}`,
  confirm: `WITH ${messages}, ${claimedBy('reservation')},
      reservation AS (
        UPDATE bare.reservations SET status = 'CONFIRMED' FROM messages
        WHERE reservations.reservation_id = messages.reservation_id
      ),
      sold AS (
        UPDATE bare.seat_holds SET expires_at = 'infinity'
        FROM messages JOIN bare.reservations USING (reservation_id), unnest(reservations.seat_ids) AS sold (seat_id)
        WHERE seat_holds.schedule_id = reservations.schedule_id AND seat_holds.seat_id = sold.seat_id
      ),
      reply AS (INSERT INTO bare.confirm_replies SELECT payment_id, reservation_id, '{}' FROM messages)
    ${enqueue('confirmed')}`,
  confirmed: `WITH ${messages}, ${claimedBy('payment')},
      saga AS (
        UPDATE bare.sagas SET state = 'APPROVED', deadline_at = NULL FROM messages
        WHERE sagas.payment_id = messages.payment_id
      ),
      payment AS (
        UPDATE bare.payments SET status = 'APPROVED' FROM messages WHERE payments.payment_id = messages.payment_id
      ),
      step AS (INSERT INTO bare.saga_steps SELECT payment_id, 'APPROVED' FROM messages)
    ${enqueue('approved')}`,
  usePlace: `WITH ${messages}, ${claimedBy('queue')} INSERT INTO bare.followed SELECT 'queue', payment_id FROM messages`,
  sellSeats: `WITH ${messages}, ${claimedBy('catalog')} INSERT INTO bare.followed SELECT 'catalog', payment_id FROM messages`,
}

/** Name of one of them. */
export type PaymentStep = keyof typeof paymentSteps
