-- A charge is paid for by card: it is stored as CHARGING before the provider is asked, and its row is the answer to its
-- Idempotency-Key. src/charges/decide-charge.ts decides every change of it.
ALTER TABLE charges
  -- The owner of the key, who may be an admin. All three are null where the key had been forgotten before this file was applied.
  ADD COLUMN caller_id text,
  ADD COLUMN idempotency_key text,
  ADD COLUMN request_hash bytea,
  -- The provider's token of a card, never a card number; cleared once nothing can be asked for with it any more.
  ADD COLUMN card_token text,
  -- What is known of the capture at the provider; PENDING: not known. VOIDED: the money was wanted back, and none had been taken.
  -- Null: a charge of before this file, for which nobody paid.
  ADD COLUMN capture_status text
    CHECK (capture_status IN ('PENDING', 'CAPTURED', 'DECLINED', 'REFUNDED', 'VOIDED')),
  ADD COLUMN provider_reference text,
  -- The wallet's balance right after the charge, as its answer says.
  ADD COLUMN balance_after bigint,
  -- Why it FAILED, as the user is told; `reason` is its code.
  ADD COLUMN message text,
  -- How often the capture, or after a failure the way back, was taken up.
  ADD COLUMN attempts integer NOT NULL DEFAULT 0,
  -- Nobody takes the charge up before: the end of a lease or of a back-off. Null: there is nothing to do at the provider.
  ADD COLUMN next_attempt_at timestamptz,
  ADD COLUMN last_error text,
  -- When a call to the provider may first have begun: it is set with the lease, and cleared where no call came of it. Null: none has begun.
  ADD COLUMN asked_at timestamptz,
  ADD CONSTRAINT charges_follow_their_capture CHECK (
    capture_status IS NULL
    OR CASE status
      WHEN 'CHARGING' THEN capture_status = 'PENDING' AND next_attempt_at IS NOT NULL
      WHEN 'CHARGED' THEN capture_status = 'CAPTURED' AND provider_reference IS NOT NULL AND balance_after IS NOT NULL
      ELSE message IS NOT NULL
    END
  ),
  ADD CONSTRAINT charges_given_back_had_a_capture CHECK (
    capture_status NOT IN ('CAPTURED', 'REFUNDED') OR provider_reference IS NOT NULL
  );

UPDATE charges SET message = 'the balance would have passed its maximum' WHERE status = 'FAILED';

UPDATE charges c SET balance_after = e.balance_after
FROM ledger_entries e
WHERE e.transaction_id = c.charge_id AND e.account = 'wallet';

UPDATE charges c SET caller_id = k.user_id, idempotency_key = k.idempotency_key, request_hash = k.request_hash
FROM idempotency_keys k
WHERE k.operation = 'charge-wallet' AND k.resource_id = c.charge_id;
DELETE FROM idempotency_keys WHERE operation = 'charge-wallet';

CREATE UNIQUE INDEX charges_key ON charges (caller_id, idempotency_key);
-- What is at work, which is little: for the limit of each user, and for the worker, which takes it in the order of its time.
CREATE INDEX charges_at_work ON charges (user_id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX charges_due ON charges (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
-- What a person has to look at, which is counted for the metrics.
CREATE INDEX charges_left_to_person ON charges (charge_id)
  WHERE status = 'FAILED' AND capture_status IN ('PENDING', 'CAPTURED') AND next_attempt_at IS NULL;

-- Each row is changed once, soon after it was made.
ALTER TABLE charges SET (autovacuum_vacuum_scale_factor = 0.02);
REVOKE DELETE, TRUNCATE ON charges FROM wallet;
