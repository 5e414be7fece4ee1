-- What a person holds or has bought, and what became of it. Rows are never deleted.
CREATE TABLE reservations (
  reservation_id uuid PRIMARY KEY,
  -- For people: on the phone, at the door.
  reservation_number text NOT NULL CONSTRAINT reservations_number_once UNIQUE,
  user_id text NOT NULL,
  schedule_id bigint NOT NULL,
  -- A HOLD whose expires_at has passed is EXPIRED to everybody, whether or not the sweeper has been here.
  status text NOT NULL CHECK (status IN ('HOLD', 'CONFIRMED', 'CANCELLED', 'EXPIRED')),
  total_amount bigint NOT NULL CHECK (total_amount >= 0),
  seat_ids bigint[] NOT NULL CHECK (cardinality(seat_ids) > 0),
  -- The seats as they were sold: number, section, row, grade, price.
  seats json NOT NULL,
  -- The payment that confirmed it.
  payment_id uuid,
  refreshes integer NOT NULL DEFAULT 0,
  reserved_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  cancelled_at timestamptz,
  cancel_reason text CHECK (cancel_reason IN ('USER_CANCELLED', 'SCHEDULE_CANCELLED')),
  refund_status text CHECK (refund_status IN ('PENDING', 'REFUNDED')),
  CHECK (status <> 'CONFIRMED' OR (payment_id IS NOT NULL AND confirmed_at IS NOT NULL)),
  CHECK (status <> 'CANCELLED' OR (cancelled_at IS NOT NULL AND cancel_reason IS NOT NULL)),
  CHECK (refund_status IS NULL OR (status = 'CANCELLED' AND payment_id IS NOT NULL))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

-- UUIDv7 ids grow with time, so this is "mine, newest first".
CREATE INDEX reservations_user ON reservations (user_id, reservation_id);
CREATE UNIQUE INDEX reservations_payment ON reservations (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX reservations_lapsing ON reservations (expires_at) WHERE status = 'HOLD';
CREATE INDEX reservations_live ON reservations (schedule_id, reservation_id) WHERE status IN ('HOLD', 'CONFIRMED');

-- Whose a seat is now. The primary key is what keeps a seat from being sold twice. A row whose expires_at has passed is
-- free for the next buyer, who takes it over in place; rows of ended holds that nobody swept do no harm, and there
-- are never more rows than seats.
CREATE TABLE seat_holds (
  schedule_id bigint NOT NULL,
  seat_id bigint NOT NULL,
  reservation_id uuid NOT NULL,
  user_id text NOT NULL,
  held_at timestamptz NOT NULL,
  -- 'infinity' once sold.
  expires_at timestamptz NOT NULL,
  -- The lapsed hold this one replaced in place.
  taken_over_from uuid,
  PRIMARY KEY (schedule_id, seat_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX seat_holds_user ON seat_holds (schedule_id, user_id);

-- The answer to each payment's ConfirmReservation, so that a repeated command gets the same one.
CREATE TABLE confirm_replies (
  payment_id uuid PRIMARY KEY,
  reservation_id uuid NOT NULL,
  message_id uuid NOT NULL,
  type text NOT NULL CHECK (type IN ('ReservationConfirmed', 'ReservationConfirmRefused')),
  payload json NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now()
);

-- Schedules that will not take place. Nothing of them is held or confirmed any more, however late a request arrives.
CREATE TABLE cancelled_schedules (
  schedule_id bigint PRIMARY KEY,
  cancelled_at timestamptz NOT NULL DEFAULT now(),
  -- Set when all its live reservations have been cancelled.
  settled_at timestamptz
);

CREATE INDEX cancelled_schedules_open ON cancelled_schedules (cancelled_at) WHERE settled_at IS NULL;
