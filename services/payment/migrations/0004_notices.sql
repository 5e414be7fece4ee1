-- Where a user's mail goes: what the bearer token of their latest payment said of it. One row a user, so that there is one place to
-- correct and to delete; no message and no other table carries an address.
CREATE TABLE contacts (
  user_id text PRIMARY KEY,
  -- Null where that token named none, or one that is not verified.
  email text,
  -- As the token's claim names the language; null where it named none.
  locale text,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- One mail about one event. An event that comes again finds its row, so these rows are their own inbox: they are kept for longer
-- than Kafka keeps messages.
CREATE TABLE notices (
  notice_id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('CONFIRMATION', 'REFUND', 'SHOW_CANCELLED', 'HOLD_ENDING')),
  user_id text NOT NULL,
  reservation_id uuid NOT NULL,
  schedule_id bigint NOT NULL,
  payment_id uuid,
  -- What the event says beside ids: the money it is about, and why.
  amount bigint,
  reason text,
  -- SKIPPED: by the time it was due there was nothing to tell any more.
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'SENT', 'SKIPPED', 'FAILED')),
  -- One of many that a cancelled show makes at once; the others go first.
  is_bulk boolean NOT NULL,
  -- Those that met an outage of all mail do not count.
  attempts integer NOT NULL DEFAULT 0,
  -- Since when each attempt has met one; null where the last one did not.
  outage_since timestamptz,
  -- When it may be tried next. Whoever has it in hand has moved this to the end of their lease.
  due_at timestamptz NOT NULL,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  UNIQUE (event_id, kind)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX notices_due ON notices (is_bulk, due_at) WHERE status = 'PENDING';
CREATE INDEX notices_by_status ON notices (status, notice_id);

-- Where others want to hear of events.
CREATE TABLE webhooks (
  webhook_id uuid PRIMARY KEY,
  url text NOT NULL,
  event_types text[] NOT NULL,
  description text,
  status text NOT NULL CHECK (status IN ('ENABLED', 'DISABLED', 'DELETED')),
  -- Why it is not ENABLED: ADMIN, GONE (it answered 410) or FAILING.
  disabled_reason text,
  -- Keys of HMAC-SHA-256, which must be readable to sign with. While a secret is being replaced both sign.
  secret bytea NOT NULL,
  previous_secret bytea,
  previous_secret_until timestamptz,
  -- Since when no delivery has been taken; null after one that was.
  failing_since timestamptz,
  -- Counts its changes by admins; the ETag names it.
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- One event for one webhook. The row is written once, however often the event comes.
CREATE TABLE webhook_deliveries (
  delivery_id uuid PRIMARY KEY,
  webhook_id uuid NOT NULL REFERENCES webhooks,
  -- The order in which they came.
  place bigint GENERATED ALWAYS AS IDENTITY,
  event_id uuid NOT NULL,
  event_type text NOT NULL,
  -- Deliveries of one subject, a reservation or a schedule, go out one after the other.
  subject text NOT NULL,
  body text NOT NULL,
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED')),
  attempts integer NOT NULL DEFAULT 0,
  -- When it may be tried next, or, in hand, the end of the lease; null while an earlier one of its subject is PENDING.
  due_at timestamptz,
  -- The end of the lease while it is in hand.
  leased_until timestamptz,
  response_status integer,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- A retry by an admin starts this anew: after a day of attempts it is FAILED.
  tried_since timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  UNIQUE (webhook_id, event_id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at) WHERE status = 'PENDING';
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, subject, place) WHERE status = 'PENDING';
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (webhook_id, delivery_id);
CREATE INDEX webhook_deliveries_log_of_status ON webhook_deliveries (webhook_id, status, delivery_id);
