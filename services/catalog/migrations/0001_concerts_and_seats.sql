CREATE TABLE venues (
  venue_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  address text,
  city text,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE concerts (
  concert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title text NOT NULL,
  artist text,
  description text,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE schedules (
  schedule_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  concert_id bigint NOT NULL REFERENCES concerts,
  venue_id bigint NOT NULL REFERENCES venues,
  performance_at timestamptz NOT NULL,
  waiting_room_open_at timestamptz NOT NULL,
  booking_open_at timestamptz NOT NULL,
  booking_close_at timestamptz NOT NULL,
  status text NOT NULL DEFAULT 'ON_SALE' CHECK (status IN ('ON_SALE', 'CLOSED', 'CANCELLED')),
  seat_count integer NOT NULL CHECK (seat_count > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (waiting_room_open_at <= booking_open_at),
  CHECK (booking_open_at < booking_close_at),
  CHECK (booking_close_at <= performance_at)
);

CREATE INDEX schedules_of_concert ON schedules (concert_id, performance_at);

-- Written once with their schedule. seat_id runs from 1 to the number of seats, seat_number is the number in the row.
CREATE TABLE seats (
  schedule_id bigint NOT NULL REFERENCES schedules,
  seat_id integer NOT NULL CHECK (seat_id > 0),
  seat_number integer NOT NULL CHECK (seat_number > 0),
  section text NOT NULL,
  row_label text NOT NULL,
  grade text NOT NULL,
  price bigint NOT NULL CHECK (price >= 0),
  PRIMARY KEY (schedule_id, seat_id)
);

CREATE VIEW schedule_grades AS
  SELECT schedule_id, grade, price, count(*)::integer AS seat_count, min(seat_id) AS first_seat_id
  FROM seats GROUP BY schedule_id, grade, price;

-- What reservation events told: one row a reservation, so that no counter row is fought over. A reservation that ended
-- keeps its row for a while, so that an older event of it that comes late takes no seats again.
CREATE TABLE reserved_seats (
  schedule_id bigint NOT NULL,
  reservation_id uuid NOT NULL,
  seat_count integer NOT NULL CHECK (seat_count > 0),
  released_at timestamptz,
  PRIMARY KEY (schedule_id, reservation_id)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX reserved_seats_live ON reserved_seats (schedule_id) INCLUDE (seat_count) WHERE released_at IS NULL;
CREATE INDEX reserved_seats_released ON reserved_seats (released_at) WHERE released_at IS NOT NULL;
