-- Tickets that were used at a door. A ticket is one seat of one reservation, and the primary key admits it once. A row stays when the
-- reservation is cancelled afterwards: it says who was let in.
CREATE TABLE check_ins (
  reservation_id uuid NOT NULL,
  seat_id bigint NOT NULL,
  schedule_id bigint NOT NULL,
  checked_in_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The subject of the token that asked: a door's or an admin's.
  checked_in_by text NOT NULL,
  PRIMARY KEY (reservation_id, seat_id)
);

-- For counting who is in.
CREATE INDEX check_ins_schedule ON check_ins (schedule_id);

-- A row that is changed or deleted would let somebody in twice. The role of a service has the name of its schema.
DO $$
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON check_ins FROM %I', current_schema());
END $$;
