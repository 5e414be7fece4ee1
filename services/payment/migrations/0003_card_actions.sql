-- When the next call about an order may begin: at once, after a pause, or when the lease of a worker has run out that may be dead. Null
-- where there is nothing to do. `attempts` counts the calls since something new was wanted.
ALTER TABLE card_captures ADD COLUMN due_at timestamptz,
  -- What the card's owner has to do (3-D Secure), and until when their reservation waits for it.
  ADD COLUMN next_action jsonb, ADD COLUMN waits_until timestamptz;

UPDATE card_captures SET due_at = coalesce(leased_until, now()), leased_until = NULL
WHERE (wanted = 'CAPTURED' AND status = 'PENDING') OR (wanted = 'REFUNDED' AND status IN ('PENDING', 'CAPTURED'));
ALTER TABLE card_captures ALTER COLUMN due_at SET DEFAULT now();

-- The old rows keep to the new rules, since they kept to narrower ones; so they are not read again.
ALTER TABLE card_captures DROP CONSTRAINT card_captures_status_check,
  ADD CONSTRAINT card_captures_status_check
    CHECK (status IN ('PENDING', 'ACTION_REQUIRED', 'CAPTURED', 'DECLINED', 'REFUNDED', 'VOIDED')) NOT VALID;
ALTER TABLE purchase_sagas DROP CONSTRAINT purchase_sagas_state_check,
  ADD CONSTRAINT purchase_sagas_state_check
    CHECK (state IN ('TAKING_MONEY', 'AWAITING_ACTION', 'CONFIRMING', 'APPROVED', 'REFUNDING', 'FAILED', 'REFUNDED')) NOT VALID;

-- Open orders by what they wait for, each with slots of its own: one that hangs keeps others of its lane from nothing but its own slot.
ALTER TABLE card_captures ADD COLUMN lane text GENERATED ALWAYS AS (
  CASE
    WHEN due_at IS NULL THEN NULL
    WHEN wanted = 'REFUNDED' AND status <> 'CAPTURED' THEN 'void'
    WHEN wanted = 'REFUNDED' THEN CASE WHEN attempts = 0 THEN 'refund' ELSE 'refund again' END
    WHEN status = 'ACTION_REQUIRED' THEN 'question'
    WHEN attempts = 0 THEN 'capture'
    ELSE 'capture again'
  END) STORED;
DROP INDEX card_captures_open;
CREATE INDEX card_captures_due ON card_captures (lane, due_at) WHERE lane IS NOT NULL;
-- The provider's events name the capture that they are about.
CREATE INDEX card_captures_reference ON card_captures (provider_reference) WHERE provider_reference IS NOT NULL;

-- Events of the card provider that were taken, so that a repeat is known. They are forgotten after a month.
CREATE TABLE provider_events (
  event_id text PRIMARY KEY,
  type text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX provider_events_received ON provider_events (received_at);

-- What somebody did at the provider with a payment of ours, without us: for people, nothing follows from it by itself.
CREATE TABLE provider_notices (
  event_id text PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payments,
  kind text NOT NULL CHECK (kind IN ('DISPUTE', 'REFUND')),
  -- In the provider's words.
  type text NOT NULL,
  status text,
  reason text,
  amount bigint,
  happened_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX provider_notices_payment ON provider_notices (payment_id, happened_at);
