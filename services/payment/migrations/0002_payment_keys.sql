-- The Idempotency-Key of the request that began a payment, and a hash of that request: the payment's row is the answer to it.
-- Both are null where the key had been forgotten before this file was applied.
ALTER TABLE payments ADD COLUMN idempotency_key text, ADD COLUMN request_hash bytea;

UPDATE payments p SET idempotency_key = k.idempotency_key, request_hash = k.request_hash
FROM idempotency_keys k
WHERE k.operation = 'POST /payments' AND k.resource_id = p.payment_id AND k.user_id = p.user_id;
DELETE FROM idempotency_keys WHERE operation = 'POST /payments';

CREATE UNIQUE INDEX payments_key ON payments (user_id, idempotency_key);
