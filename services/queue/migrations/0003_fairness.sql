-- The draw of those who came before the opening, and the log of who was let in: docs/fairness.md.
ALTER TABLE rooms
  -- 244 random bits of the system's source, spread over 32 bytes. Published after the draw; its SHA-256 from the start.
  ADD COLUMN seed bytea NOT NULL
    DEFAULT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')) CHECK (length(seed) = 32),
  -- How many entry numbers took part; NULL until the opening closes the list.
  ADD COLUMN early_entries bigint CHECK (early_entries >= 0),
  ADD COLUMN closed_at timestamptz,
  -- Nobody is let in before the draw is made.
  ADD COLUMN drawn_at timestamptz,
  ADD CONSTRAINT rooms_closed_before_drawn CHECK ((early_entries IS NULL) = (closed_at IS NULL)
                                                  AND (drawn_at IS NULL OR closed_at IS NOT NULL));

-- Rooms that hold people from before there was a draw keep the order they have.
UPDATE rooms r SET early_entries = 0, closed_at = now(), drawn_at = now()
WHERE EXISTS (SELECT 1 FROM queue_tokens t WHERE t.schedule_id = r.schedule_id);

-- Which instance makes a draw, and until when the others leave it alone.
CREATE TABLE draws (
  schedule_id bigint PRIMARY KEY REFERENCES rooms (schedule_id),
  claim uuid NOT NULL,
  claimed_until timestamptz NOT NULL
);

-- Who was let in, until it is written into the log: instances note what they did in any order.
CREATE TABLE unlogged_admissions (
  schedule_id bigint NOT NULL,
  sequence bigint NOT NULL,
  entered_at timestamptz(3) NOT NULL,
  admitted_at timestamptz(3) NOT NULL,
  active integer NOT NULL,
  max_active integer,
  admit_per_second integer NOT NULL,
  PRIMARY KEY (schedule_id, sequence)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX unlogged_admissions_by_time ON unlogged_admissions (schedule_id, admitted_at, sequence);

-- One row a room: the lock of whoever writes the log.
CREATE TABLE admission_logs (
  schedule_id bigint PRIMARY KEY REFERENCES rooms (schedule_id),
  length bigint NOT NULL CHECK (length >= 0),
  head bytea NOT NULL CHECK (length(head) = 32)
) WITH (fillfactor = 50);

CREATE TABLE admissions (
  schedule_id bigint NOT NULL REFERENCES admission_logs (schedule_id),
  number bigint NOT NULL CHECK (number > 0),
  sequence bigint NOT NULL,
  entered_at timestamptz(3) NOT NULL,
  admitted_at timestamptz(3) NOT NULL,
  -- People in the room after this one, and the limits at that moment.
  active integer NOT NULL,
  max_active integer,
  admit_per_second integer NOT NULL,
  hash bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (schedule_id, number),
  CONSTRAINT admissions_nobody_twice UNIQUE (schedule_id, sequence)
);

-- The order that the audit reads them in.
CREATE INDEX admissions_by_time ON admissions (schedule_id, admitted_at, sequence);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the admission log is immutable: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER admissions_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON admissions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE UPDATE, DELETE, TRUNCATE ON admissions FROM queue;
