-- What came of each request to pay, by its Idempotency-Key: a payment, or a refusal before there was one. Both are in one place, so that no key
-- begins a payment and is refused as well, however its requests meet.
CREATE TABLE payment_requests (
  user_id text NOT NULL,
  idempotency_key text NOT NULL,
  -- A hash of the request. The same key with another one is refused.
  request_hash bytea NOT NULL,
  -- The payment that it began. Where there is none of this id, it did not begin, since its reservation had another live payment.
  payment_id uuid,
  -- {code, message, details} of the refusal, where it was refused by what it met.
  refusal json,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, idempotency_key),
  CHECK ((payment_id IS NULL) <> (refusal IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- Refusals are forgotten after a while; what began a payment is kept as long as the payment.
CREATE INDEX payment_requests_refused ON payment_requests (created_at) WHERE refusal IS NOT NULL;

INSERT INTO payment_requests (user_id, idempotency_key, request_hash, payment_id, created_at)
SELECT user_id, idempotency_key, request_hash, payment_id, created_at FROM payments WHERE idempotency_key IS NOT NULL;

DROP INDEX payments_key;
ALTER TABLE payments DROP COLUMN idempotency_key, DROP COLUMN request_hash;
