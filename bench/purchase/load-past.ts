import { createClient } from '@frontrow/postgres/pool'

/**
 * The past of each person: one charge of 1,000,000, then ten payments of one seat each. Half of them were approved, at 50,000 each, and
 * the others failed before any money was taken. Messages and keys that are older than their time are tidied away: those of a tenth of
 * the payments are still there. `n` counts payments, from 0 to $1 - 1.
 */
const PAYMENTS_A_PERSON = 10

const id = (kind: string, number: string): string =>
  `(concat('01800000-0000-7000-${kind}-', lpad(to_hex(${number}), 12, '0')))::uuid`
const payment = id('8000', 'n')
const reservation = id('8001', 'n')
const at = `now() - interval '400 days' + n * interval '30 seconds'`
const user = `'past-' || n / ${PAYMENTS_A_PERSON}`
const payments = 'generate_series(0, $1::bigint - 1) AS n'
const people = `generate_series(0, $1::bigint / ${PAYMENTS_A_PERSON} - 1) AS person`
const recent = (table: string): string =>
  `INSERT INTO ${table} (message_id, type, received_at) SELECT ${id('9000', 'n')}, 'Past', now() - interval '1 day'
   FROM ${payments} WHERE n % 10 = 0`

/** Statements by the schema that they fill; those of one schema follow each other. */
const PAST = {
  wallet: [
    `INSERT INTO wallet.wallets (user_id, balance, total_charged, total_used, version)
     SELECT 'past-' || person, 750000, 1000000, 250000, 6 FROM ${people}`,
    `INSERT INTO wallet.charges (charge_id, user_id, amount, status, finished_at)
     SELECT ${id('8002', 'person')}, 'past-' || person, 1000000, 'CHARGED', now() - interval '1 year' FROM ${people}`,
    `INSERT INTO wallet.ledger_entries (transaction_id, account, user_id, kind, amount, balance_after)
     SELECT ${id('8002', 'person')}, account, CASE account WHEN 'wallet' THEN 'past-' || person END, 'CHARGE',
            amount, CASE account WHEN 'wallet' THEN amount END
     FROM ${people}, (VALUES ('wallet', 1000000), ('funding', -1000000)) AS entry (account, amount)`,
    `INSERT INTO wallet.ledger_entries (transaction_id, account, user_id, kind, amount, balance_after, payment_id, created_at)
     SELECT ${payment}, account, CASE account WHEN 'wallet' THEN ${user} END, 'DEBIT', amount,
            CASE account WHEN 'wallet' THEN 950000 - 50000 * (n % ${PAYMENTS_A_PERSON} / 2) END, ${payment}, ${at}
     FROM ${payments}, (VALUES ('wallet', -50000), ('sales', 50000)) AS entry (account, amount) WHERE n % 2 = 0`,
    `INSERT INTO wallet.payment_movements (payment_id, user_id, amount, status, balance_after_debit, debit_reply_id, refund_reply_id)
     SELECT ${payment}, ${user}, 50000, CASE n % 2 WHEN 0 THEN 'DEBITED' ELSE 'REFUSED' END,
            CASE n % 2 WHEN 0 THEN 950000 - 50000 * (n % ${PAYMENTS_A_PERSON} / 2) END, ${id('8003', 'n')}, ${id('8004', 'n')}
     FROM ${payments}`,
    recent('wallet.inbox'),
  ],
  payment: [
    `INSERT INTO payment.payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status, reason,
                                   created_at, paid_at, ended_at)
     SELECT ${payment}, ${reservation}, ${user}, 1000000000 + n / 1000, 50000, 'BALANCE',
            CASE n % 2 WHEN 0 THEN 'APPROVED' ELSE 'FAILED' END, CASE n % 2 WHEN 1 THEN 'INSUFFICIENT_BALANCE' END,
            ${at}, CASE n % 2 WHEN 0 THEN ${at} END, ${at}
     FROM ${payments}`,
    `INSERT INTO payment.payment_requests (user_id, idempotency_key, request_hash, payment_id, created_at)
     SELECT ${user}, 'past-' || n, sha256('past'), ${payment}, ${at} FROM ${payments}`,
    `INSERT INTO payment.purchase_sagas (payment_id, state, money_taken, reason, version, updated_at)
     SELECT ${payment}, CASE n % 2 WHEN 0 THEN 'APPROVED' ELSE 'FAILED' END, n % 2 = 0,
            CASE n % 2 WHEN 1 THEN 'INSUFFICIENT_BALANCE' END, CASE n % 2 WHEN 0 THEN 3 ELSE 2 END, ${at}
     FROM ${payments}`,
    `INSERT INTO payment.saga_steps (payment_id, version, message, from_state, to_state, at)
     SELECT ${payment}, version, message, from_state, to_state, ${at}
     FROM ${payments}, (VALUES (0, 2, 'WalletDebited', 'TAKING_MONEY', 'CONFIRMING'),
                               (0, 3, 'ReservationConfirmed', 'CONFIRMING', 'APPROVED'),
                               (1, 2, 'WalletDebitRefused', 'TAKING_MONEY', 'FAILED'))
       AS step (outcome, version, message, from_state, to_state)
     WHERE n % 2 = outcome`,
    `INSERT INTO payment.contacts (user_id, email) SELECT 'past-' || person, 'past-' || person || '@frontrow.example' FROM ${people}`,
    `INSERT INTO payment.notices (notice_id, event_id, kind, user_id, reservation_id, schedule_id, payment_id, amount, status, is_bulk,
                                  attempts, due_at, created_at, ended_at)
     SELECT ${id('8006', 'n')}, ${id('8007', 'n')}, 'CONFIRMATION', ${user}, ${reservation}, 1000000000 + n / 1000, ${payment}, 50000,
            'SENT', false, 1, now() - interval '1 day', now() - interval '1 day', now() - interval '1 day'
     FROM ${payments} WHERE n % 10 = 0`,
    recent('payment.inbox'),
  ],
  reservation: [
    `INSERT INTO reservation.reservations (reservation_id, reservation_number, user_id, schedule_id, status, total_amount,
                                           seat_ids, seats, payment_id, reserved_at, expires_at, confirmed_at)
     SELECT ${reservation}, 'past-' || n, ${user}, 1000000000 + n / 1000,
            CASE n % 2 WHEN 0 THEN 'CONFIRMED' ELSE 'EXPIRED' END, 50000, ARRAY[n % 1000 + 1], '[]',
            CASE n % 2 WHEN 0 THEN ${payment} END, ${at}, ${at} + interval '5 minutes', CASE n % 2 WHEN 0 THEN ${at} END
     FROM ${payments}`,
    `INSERT INTO reservation.seat_holds (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
     SELECT 1000000000 + n / 1000, n % 1000 + 1, ${reservation}, ${user}, ${at}, 'infinity'
     FROM ${payments} WHERE n % 2 = 0`,
    `INSERT INTO reservation.confirm_replies (payment_id, reservation_id, message_id, type, payload, decided_at)
     SELECT ${payment}, ${reservation}, ${id('8005', 'n')}, 'ReservationConfirmed', '{}', ${at}
     FROM ${payments} WHERE n % 2 = 0`,
    `INSERT INTO reservation.idempotency_keys (user_id, operation, idempotency_key, request_hash, status, response, resource_id,
                                               locked_until)
     SELECT ${user}, 'POST /reservations', 'past-' || n, sha256('past'), 201, '{}', ${reservation}, now()
     FROM ${payments} WHERE n % 10 = 0`,
    recent('reservation.inbox'),
  ],
  catalog: [
    `INSERT INTO catalog.reserved_seats (schedule_id, reservation_id, seat_count)
     SELECT 1000000000 + n / 1000, ${reservation}, 1 FROM ${payments} WHERE n % 2 = 0`,
    recent('catalog.inbox'),
  ],
  queue: [recent('queue.inbox')],
}

/** Gives a system a past: so many payments, and as many ledger entries and more, straight into PostgreSQL. */
export async function loadPast(adminDatabaseUrl: string, count: number): Promise<void> {
  const fill = async (statements: readonly string[]): Promise<void> => {
    const client = createClient(adminDatabaseUrl, 'bench')
    await client.connect()
    try {
      // References would be checked row by row, though the rows below can't break any.
      await client.query('SET session_replication_role = replica')
      for (const statement of statements) await client.query(statement, [count])
    } finally {
      await client.end()
    }
  }
  await Promise.all(Object.values(PAST).map(fill))
  const client = createClient(adminDatabaseUrl, 'bench')
  await client.connect()
  try {
    // Otherwise PostgreSQL would start these by itself in the middle of a round.
    await client.query('VACUUM (ANALYZE, FREEZE)')
    await client.query('CHECKPOINT')
  } finally {
    await client.end()
  }
}
