-- What was answered to an Idempotency-Key. The row is written in the transaction of the effect.
CREATE TABLE idempotency_keys (
  user_id text NOT NULL,
  operation text NOT NULL,
  idempotency_key text NOT NULL,
  request_hash bytea NOT NULL,
  -- Null while the answer is not known yet: the request is being worked on, or its process died.
  status smallint,
  response json,
  -- What the operation made, so that a retry after a crash can go on with it.
  resource_id uuid,
  -- Until when the first request is taken to be still at work.
  locked_until timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, operation, idempotency_key)
);

CREATE INDEX idempotency_keys_created_at ON idempotency_keys USING brin (created_at);
