-- From here on PostgreSQL alone lets people in, and Redis mirrors the rooms: docs/decisions/0012-waiting-room.md.

-- Instances from before this file let people in through Redis for 2 s after they renewed their lease, which runs for 3 s, or from these
-- tables where it has run out. Both need the lease's table, so that from this lock on no instance can begin anew. The wait gives them
-- 2 s from the last admission that is possible to write it down; they do so five times a second.
-- Their statements wait 2 s for a lock at most. This session waits longer before it looks for a deadlock, so that they are the ones
-- that give up.
SET LOCAL deadlock_timeout = '10s';
LOCK TABLE redis_lease IN ACCESS EXCLUSIVE MODE;
SELECT pg_sleep_until(held_until + interval '1 second') FROM redis_lease;
LOCK TABLE rooms, queue_tokens, unlogged_admissions, admissions, admission_logs IN ACCESS EXCLUSIVE MODE;
DROP TABLE redis_lease, handed_over_places, draws;

-- Names this database: rooms in Redis that were made from another one are not believed.
CREATE TABLE room_source (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO room_source DEFAULT VALUES;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON room_source FROM queue;

-- `version` goes up with every change of a room or of its places, under the lock of the room's row.
ALTER TABLE rooms
  -- When the version went up last.
  ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
  -- A mirror of an older version is built anew: everybody was given another place, or rows that it has not heard of are deleted.
  ADD COLUMN mirror_version_min bigint NOT NULL DEFAULT 0,
  -- How many wait.
  ADD COLUMN waiting bigint NOT NULL DEFAULT 0 CHECK (waiting >= 0),
  -- Nobody up to this sequence waits.
  ADD COLUMN last_admitted bigint NOT NULL DEFAULT 0,
  -- The end of the log; without a head it begins with log_genesis.
  ADD COLUMN log_length bigint NOT NULL DEFAULT 0 CHECK (log_length >= 0),
  ADD COLUMN log_head bytea CHECK (length(log_head) = 32);

ALTER TABLE queue_tokens
  -- The room's version with which this place changed last.
  ADD COLUMN version bigint NOT NULL DEFAULT 0,
  -- When somebody who waits was last seen; noted four times an hour at most.
  ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now(),
  -- Who was let in and is not seen by then loses the place; NULL once seen.
  ADD COLUMN show_up_by timestamptz;

UPDATE rooms r SET
  version = version + 1,
  waiting = (SELECT count(*) FROM queue_tokens t WHERE t.schedule_id = r.schedule_id AND t.status = 'WAITING'),
  last_admitted = coalesce(
    (SELECT min(sequence) - 1 FROM queue_tokens t WHERE t.schedule_id = r.schedule_id AND t.status = 'WAITING'),
    (SELECT max(sequence) FROM queue_tokens t WHERE t.schedule_id = r.schedule_id AND t.activated_at IS NOT NULL), 0);

DROP INDEX queue_tokens_live, queue_tokens_active;
CREATE INDEX queue_tokens_waiting ON queue_tokens (schedule_id, sequence) WHERE status = 'WAITING';
-- Who is in, by the end of each place.
CREATE INDEX queue_tokens_active ON queue_tokens (schedule_id, least(active_until, show_up_by)) WHERE status = 'ACTIVE';
-- Who was not seen for long.
CREATE INDEX queue_tokens_seen ON queue_tokens (schedule_id, seen_at) WHERE status = 'WAITING';
-- What a mirror has missed.
CREATE INDEX queue_tokens_version ON queue_tokens (schedule_id, version, sequence);

-- The log: docs/fairness.md has the rules of its hashes.
CREATE FUNCTION log_time(at timestamptz) RETURNS text LANGUAGE sql STABLE
  RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
CREATE FUNCTION log_genesis(schedule_id bigint, seed bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
  RETURN sha256(convert_to('frontrow:admissions:' || schedule_id || ':' || encode(sha256(seed), 'hex'), 'UTF8'));
-- In PL/pgSQL, because an aggregate calls a function in SQL at several times the cost.
CREATE FUNCTION next_log_hash(hash bytea, head bytea, entry text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN sha256(convert_to(encode(coalesce(hash, head), 'hex') || '|' || entry, 'UTF8'));
END
$$;
-- The hash of the last of several entries that follow a head. As a window function: the hash of each.
CREATE AGGREGATE chain_log(head bytea, entry text) (SFUNC = next_log_hash, STYPE = bytea);

ALTER TABLE admissions RENAME TO room_log;
ALTER TABLE room_log RENAME CONSTRAINT admissions_pkey TO room_log_pkey;
ALTER TRIGGER admissions_immutable ON room_log RENAME TO room_log_immutable;
ALTER TABLE room_log
  DROP CONSTRAINT admissions_schedule_id_fkey,
  DROP CONSTRAINT admissions_nobody_twice,
  ADD CONSTRAINT room_log_of_a_room FOREIGN KEY (schedule_id) REFERENCES rooms (schedule_id),
  ADD COLUMN kind text NOT NULL DEFAULT 'ADMITTED' CHECK (kind IN ('ADMITTED', 'NO_SHOW', 'TIME_UP')),
  -- Of the end of a place that did not show up, or came to its absolute end: when it ended, and how long it was allowed to last.
  ADD COLUMN ended_at timestamptz(3),
  ADD COLUMN allowed_ms bigint CHECK (allowed_ms >= 0),
  ALTER COLUMN entered_at DROP NOT NULL,
  ALTER COLUMN active DROP NOT NULL,
  ALTER COLUMN admit_per_second DROP NOT NULL,
  ADD CONSTRAINT room_log_entry CHECK (
    CASE kind WHEN 'ADMITTED' THEN num_nonnulls(entered_at, active, admit_per_second) = 3 AND num_nonnulls(ended_at, allowed_ms) = 0
    ELSE num_nulls(entered_at, active, max_active, admit_per_second) = 4 AND num_nonnulls(ended_at, allowed_ms) = 2 END);
ALTER TABLE room_log ALTER COLUMN kind DROP DEFAULT;
DROP INDEX admissions_by_time;
CREATE UNIQUE INDEX room_log_admits_once ON room_log (schedule_id, sequence) WHERE kind = 'ADMITTED';
CREATE UNIQUE INDEX room_log_ends_once ON room_log (schedule_id, sequence) WHERE kind <> 'ADMITTED';

-- Admissions that were noted and not logged yet are logged.
INSERT INTO room_log (schedule_id, number, kind, sequence, entered_at, admitted_at, active, max_active, admit_per_second, hash)
SELECT schedule_id, number, 'ADMITTED', sequence, entered_at, admitted_at, active, max_active, admit_per_second,
  chain_log(head, concat_ws('|', number, sequence, log_time(entered_at), log_time(admitted_at), active,
                            coalesce(max_active::text, ''), admit_per_second))
    OVER (PARTITION BY schedule_id ORDER BY number)
FROM (
  SELECT u.*, coalesce(l.head, log_genesis(r.schedule_id, r.seed)) AS head,
    coalesce(l.length, 0) + row_number() OVER (PARTITION BY schedule_id ORDER BY u.admitted_at, u.sequence) AS number
  FROM unlogged_admissions u JOIN rooms r USING (schedule_id) LEFT JOIN admission_logs l USING (schedule_id)
  WHERE NOT EXISTS (SELECT 1 FROM room_log a WHERE a.schedule_id = u.schedule_id AND a.sequence = u.sequence)
) AS unlogged;
UPDATE rooms r SET (log_length, log_head) = (
  SELECT number, hash FROM room_log l WHERE l.schedule_id = r.schedule_id ORDER BY number DESC LIMIT 1)
WHERE EXISTS (SELECT 1 FROM room_log l WHERE l.schedule_id = r.schedule_id);
DROP TABLE unlogged_admissions, admission_logs;

-- From here on an admission in the log tells when the person joined; before, it told when the place came to Redis. Whoever waits with
-- a lower sequence than one that was let in came to Redis after that admission, and so counts as joined at its time. With the real
-- time the log would say that this person was passed over.
UPDATE queue_tokens t SET joined_at = greatest(joined_at, (
  SELECT max(admitted_at) FROM room_log a WHERE a.schedule_id = t.schedule_id AND a.sequence > t.sequence))
FROM (SELECT schedule_id, max(sequence) AS sequence FROM room_log GROUP BY schedule_id) AS last
WHERE t.schedule_id = last.schedule_id AND t.status = 'WAITING' AND t.sequence < last.sequence;

-- A change that does not carry the room's new version is one that the counts and the mirror miss: an instance from before this file
-- makes it. To that instance the refusal is that of a database that is away, so it answers 503, and leaves messages to the others.
CREATE FUNCTION refuse_unversioned_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a place was changed without the version of its room' USING ERRCODE = 'cannot_connect_now';
END
$$;
CREATE TRIGGER queue_tokens_inserts_are_versioned AFTER INSERT ON queue_tokens
  FOR EACH ROW WHEN (NEW.version = 0 AND current_user = 'queue') EXECUTE FUNCTION refuse_unversioned_change();
CREATE TRIGGER queue_tokens_updates_are_versioned AFTER UPDATE OF status, token_hash, active_until ON queue_tokens
  FOR EACH ROW WHEN (NEW.version <= OLD.version AND current_user = 'queue'
    AND (NEW.status, NEW.token_hash, NEW.active_until) IS DISTINCT FROM (OLD.status, OLD.token_hash, OLD.active_until))
  EXECUTE FUNCTION refuse_unversioned_change();

CREATE FUNCTION note_change_of_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_at = clock_timestamp();
  RETURN NEW;
END
$$;
CREATE TRIGGER rooms_changed_at BEFORE UPDATE ON rooms
  FOR EACH ROW WHEN (NEW.version > OLD.version) EXECUTE FUNCTION note_change_of_room();
