-- The same two tables in every service's schema.

-- Messages to publish, written in the transaction of the change they tell about. The relay publishes by id; ids follow
-- the lock order of the business row, so one key stays in order.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id uuid NOT NULL,
  topic text NOT NULL,
  message_key text NOT NULL,
  type text NOT NULL,
  payload json NOT NULL,
  traceparent text,
  request_id text,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published_at ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Messages already applied, claimed in the transaction of their effect.
CREATE TABLE inbox (
  message_id uuid PRIMARY KEY,
  type text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_insert_scale_factor = 0.2);

CREATE INDEX inbox_received_at ON inbox USING brin (received_at);
