-- A payment as its user sees it. The saga beside it knows how far the work is.
CREATE TABLE payments (
  payment_id uuid PRIMARY KEY,
  reservation_id uuid NOT NULL,
  user_id text NOT NULL,
  schedule_id bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  payment_method text NOT NULL CHECK (payment_method IN ('BALANCE', 'CARD')),
  status text NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'FAILED', 'REFUNDED')),
  -- Why it failed or was refunded.
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  paid_at timestamptz,
  ended_at timestamptz
);

-- Two payments of one reservation: the second can't even begin while the first is live.
CREATE UNIQUE INDEX payments_one_live ON payments (reservation_id) WHERE status IN ('PENDING', 'APPROVED');
CREATE INDEX payments_user ON payments (user_id, payment_id);

-- The purchase saga of a payment; src/purchase-saga.ts decides every change of it.
CREATE TABLE purchase_sagas (
  payment_id uuid PRIMARY KEY REFERENCES payments,
  state text NOT NULL CHECK (state IN ('TAKING_MONEY', 'CONFIRMING', 'APPROVED', 'REFUNDING', 'FAILED', 'REFUNDED')),
  -- Money is known to have been taken.
  money_taken boolean NOT NULL DEFAULT false,
  -- Sends of the running step's command.
  attempts integer NOT NULL DEFAULT 1,
  -- When the running step is looked at again; null once settled.
  deadline_at timestamptz,
  reason text,
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX purchase_sagas_deadline ON purchase_sagas (deadline_at) WHERE deadline_at IS NOT NULL;

-- What happened to a saga, message by message.
CREATE TABLE saga_steps (
  payment_id uuid NOT NULL REFERENCES payments,
  version integer NOT NULL,
  message text NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (payment_id, version)
);

-- Work at the card provider. The row is the order and its outcome; a lease keeps two workers off one payment.
CREATE TABLE card_captures (
  payment_id uuid PRIMARY KEY REFERENCES payments,
  amount bigint NOT NULL CHECK (amount > 0),
  -- The provider's token of a card, never a card number; cleared once nothing can be asked for with it any more.
  card_token text,
  wanted text NOT NULL CHECK (wanted IN ('CAPTURED', 'REFUNDED')),
  status text NOT NULL CHECK (status IN ('PENDING', 'CAPTURED', 'DECLINED', 'REFUNDED', 'VOIDED')),
  provider_reference text,
  last_error text,
  attempts integer NOT NULL DEFAULT 0,
  leased_until timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Messages of all topics that could not be handled, parked for a person.
CREATE TABLE dead_letters (
  dead_letter_id uuid PRIMARY KEY,
  topic text NOT NULL,
  dead_letter_partition integer NOT NULL,
  dead_letter_offset bigint NOT NULL,
  consumer text NOT NULL,
  message_key bytea,
  value bytea,
  headers json NOT NULL,
  error text NOT NULL,
  attempts integer NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now(),
  retried_at timestamptz,
  UNIQUE (topic, dead_letter_partition, dead_letter_offset)
);
CREATE INDEX card_captures_open ON card_captures (updated_at)
  WHERE (wanted = 'CAPTURED' AND status = 'PENDING') OR (wanted = 'REFUNDED' AND status IN ('PENDING', 'CAPTURED'));
