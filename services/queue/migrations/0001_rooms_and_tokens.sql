-- One waiting room a schedule, made with its first token or its first change by an admin.
CREATE TABLE rooms (
  schedule_id bigint PRIMARY KEY CHECK (schedule_id > 0),
  -- NULL: the waiting room is off.
  max_active integer CHECK (max_active > 0),
  admit_per_second integer NOT NULL CHECK (admit_per_second > 0),
  paused boolean NOT NULL DEFAULT false,
  -- Goes up with each change of the three above: an older change that reaches Redis later is passed over there.
  version bigint NOT NULL DEFAULT 1,
  -- The place given last. The lock of this row is what puts joins into one order, over all instances.
  last_sequence bigint NOT NULL DEFAULT 0 CHECK (last_sequence >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Every place ever given. Redis decides who is admitted and when a place expires, while it is healthy; these rows follow
-- within a fraction of a second, and are what a lost Redis is made from again.
CREATE TABLE queue_tokens (
  schedule_id bigint NOT NULL REFERENCES rooms (schedule_id),
  sequence bigint NOT NULL CHECK (sequence > 0),
  user_id text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
  -- SHA-256 of the value; the value itself is shown once and kept nowhere.
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  status text NOT NULL DEFAULT 'WAITING' CHECK (status IN ('WAITING', 'ACTIVE', 'USED', 'LEFT', 'EXPIRED')),
  joined_at timestamptz NOT NULL DEFAULT now(),
  activated_at timestamptz,
  active_until timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (schedule_id, sequence),
  CONSTRAINT queue_tokens_active_has_a_deadline CHECK (status <> 'ACTIVE' OR active_until IS NOT NULL),
  CONSTRAINT queue_tokens_ended_has_a_time CHECK ((status IN ('USED', 'LEFT', 'EXPIRED')) = (ended_at IS NOT NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

CREATE UNIQUE INDEX queue_tokens_hash ON queue_tokens (token_hash);
CREATE UNIQUE INDEX queue_tokens_one_live ON queue_tokens (schedule_id, user_id)
  WHERE status IN ('WAITING', 'ACTIVE');
-- Both for the rebuild (pages in the order of places) and for the front of the line while Redis is away.
CREATE INDEX queue_tokens_live ON queue_tokens (schedule_id, sequence) WHERE status IN ('WAITING', 'ACTIVE');
CREATE INDEX queue_tokens_activated ON queue_tokens (schedule_id, activated_at) WHERE activated_at IS NOT NULL;
