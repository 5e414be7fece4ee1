-- Who may let people in: instances that see Redis, as long as they keep this lease; when it has run out, any instance, from
-- these tables. One row. docs/decisions/0012-waiting-room.md.
CREATE TABLE redis_lease (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- Names this database: rooms in Redis that were made from another one are not believed.
  store uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Goes up when people are let in from here, or through another Redis server: older rooms in Redis are not believed then.
  generation bigint NOT NULL DEFAULT 1,
  -- The run id of the one Redis server through which people are let in.
  server text,
  held_until timestamptz NOT NULL DEFAULT '-infinity',
  -- Since when people are let in from here; NULL while Redis has the rooms.
  taken_over_at timestamptz
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

INSERT INTO redis_lease DEFAULT VALUES;
REVOKE INSERT, DELETE, TRUNCATE ON redis_lease FROM queue;

-- Changed by an instance that has lost Redis, while others go on with it: they bring these to Redis.
CREATE TABLE handed_over_places (
  schedule_id bigint NOT NULL,
  -- 0: the room as a whole.
  sequence bigint NOT NULL,
  PRIMARY KEY (schedule_id, sequence)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Who is in, counted without looking at those who wait.
CREATE INDEX queue_tokens_active ON queue_tokens (schedule_id, active_until) WHERE status = 'ACTIVE';
