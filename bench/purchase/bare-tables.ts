/**
 * Tables of the bare stack: the durable rows that a purchase leaves behind, with the keys and the indexes that ours have. They are not
 * copied from ours, because limits are multiples of what a bare hold costs, and must not move when our schema changes.
 */
export const bareTables = `
  CREATE SCHEMA bare;
  CREATE TABLE bare.wallets (user_id text PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0)) WITH (fillfactor = 80);
  CREATE TABLE bare.ledger_entries (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transaction_id uuid NOT NULL, account text NOT NULL, user_id text,
    amount bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX ON bare.ledger_entries (user_id, entry_id DESC) WHERE account = 'wallet';
  CREATE TABLE bare.charges (charge_id uuid PRIMARY KEY, user_id text NOT NULL, amount bigint NOT NULL);
  CREATE TABLE bare.movements (payment_id uuid PRIMARY KEY, user_id text NOT NULL, amount bigint NOT NULL);
  CREATE TABLE bare.reservations (
    reservation_id uuid PRIMARY KEY, user_id text NOT NULL, schedule_id bigint NOT NULL, status text NOT NULL,
    seat_ids bigint[] NOT NULL, seats json NOT NULL, reserved_at timestamptz NOT NULL DEFAULT now()
  ) WITH (fillfactor = 85);
  CREATE INDEX ON bare.reservations (user_id, reservation_id);
  CREATE INDEX ON bare.reservations (reserved_at) WHERE status = 'HOLD';
  CREATE TABLE bare.seat_holds (
    schedule_id bigint NOT NULL, seat_id bigint NOT NULL, reservation_id uuid NOT NULL, user_id text NOT NULL,
    expires_at timestamptz NOT NULL, PRIMARY KEY (schedule_id, seat_id)
  ) WITH (fillfactor = 70);
  CREATE INDEX ON bare.seat_holds (schedule_id, user_id);
  CREATE TABLE bare.jobs (
    job_id uuid PRIMARY KEY, user_id text NOT NULL, schedule_id bigint NOT NULL, choice json NOT NULL, completed_at timestamptz, result json
  ) WITH (fillfactor = 70);
  CREATE INDEX ON bare.jobs (schedule_id) WHERE completed_at IS NULL;
  CREATE TABLE bare.confirm_replies (payment_id uuid PRIMARY KEY, reservation_id uuid NOT NULL, payload json NOT NULL);
  CREATE TABLE bare.payments (
    payment_id uuid PRIMARY KEY, reservation_id uuid NOT NULL UNIQUE, user_id text NOT NULL, status text NOT NULL
  ) WITH (fillfactor = 80);
  CREATE TABLE bare.sagas (payment_id uuid PRIMARY KEY, state text NOT NULL, deadline_at timestamptz) WITH (fillfactor = 80);
  CREATE INDEX ON bare.sagas (deadline_at) WHERE deadline_at IS NOT NULL;
  CREATE TABLE bare.saga_steps (payment_id uuid, state text, PRIMARY KEY (payment_id, state));
  CREATE TABLE bare.followed (consumer text, payment_id uuid, PRIMARY KEY (consumer, payment_id));
  CREATE TABLE bare.idempotency_keys (
    user_id text, operation text, idempotency_key text, response json, PRIMARY KEY (user_id, operation, idempotency_key)
  );
  CREATE TABLE bare.inbox (consumer text, message_id uuid, PRIMARY KEY (consumer, message_id));
  CREATE TABLE bare.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id uuid NOT NULL, topic text NOT NULL, payload json NOT NULL
  );
  GRANT USAGE ON SCHEMA bare TO queue;
  GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA bare TO queue;
`

/** Topics of the bare stack, a partition each: what comes while a batch is in work is the next batch. */
export const bareTopics = {
  debit: 'bare.debit',
  debited: 'bare.debited',
  confirm: 'bare.confirm',
  confirmed: 'bare.confirmed',
  approved: 'bare.approved',
  jobs: 'bare.jobs',
} as const
