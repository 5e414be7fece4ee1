-- A time as Date.toISOString() writes it, for JSON that is finished here because the times in it are of this clock.
CREATE FUNCTION iso_time(at timestamptz) RETURNS text LANGUAGE sql STABLE
  RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

/*
 * POST /reservations in one round trip: holds all of the wanted seats, or none. It is called as a statement of its own, which is the whole
 * transaction. An outcome other than HELD has written nothing, and whoever loses to a seat that was taken before only reads.
 *
 * Locks are taken in the order that all transactions follow (seat-holds.ts): the user, seats by id, reservations by id. The key comes last: two
 * requests of one key and one schedule take turns by the user's lock already.
 *
 * Why a function: the count of the user's seats is right only if it is read after the wait for the lock. All parts of one SQL statement share
 * the snapshot that was taken before the wait, while each statement of a VOLATILE function takes a new one (READ COMMITTED).
 *
 * The JSON is made by the caller, but for the times, which are added at its end.
 *
 * The setting: a connection keeps its plans (pool.ts), and one that was made while a table was small must not read all of it later.
 */
CREATE FUNCTION hold_seats(
  schedule bigint,
  buyer text,
  -- Ids without duplicates; `offered` are the same seats as they are sold.
  wanted bigint[],
  offered json,
  amount bigint,
  hold_ms float8,
  seats_max integer,
  new_id uuid,
  new_number text,
  place_sequence bigint,
  -- The Idempotency-Key; its parts are NULL when the request has none.
  operation_name text,
  key_value text,
  content_hash bytea,
  -- The answer, without its last fields `reservedAt` and `expiresAt`.
  answer_start text,
  -- The payload of ReservationHeld, without its last field `expiresAt`.
  event_start text,
  events_topic text,
  -- One more than the wanted seats: the first is of ReservationHeld, the others of the reservations that are taken over.
  message_ids uuid[],
  trace text,
  request text,
  OUT outcome text,
  -- Of HELD and REPLAYED.
  OUT answer json,
  -- Live seats that the buyer had before.
  OUT seats_before integer,
  -- Of TAKEN: the wanted seats that others have.
  OUT taken json,
  -- Of HELD: the lapsed reservations that lost a seat to it, as their ReservationExpired tells of them.
  OUT taken_over json
) LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
DECLARE
  at timestamptz;
  until timestamptz;
  known_hash bytea;
  is_cancelled boolean;
  seats_made integer;
  lapsed uuid[];
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(schedule::text || ' ' || buyer, 0));
  at := date_trunc('milliseconds', clock_timestamp());
  until := at + make_interval(secs => hold_ms / 1000);

  -- Look before any write.
  IF key_value IS NOT NULL THEN
    SELECT k.request_hash, k.response INTO known_hash, answer FROM idempotency_keys k
    WHERE k.user_id = buyer AND k.operation = operation_name AND k.idempotency_key = key_value;
    IF FOUND THEN
      outcome := CASE WHEN known_hash = content_hash THEN 'REPLAYED' ELSE 'KEY_REUSED' END;
      RETURN;
    END IF;
  END IF;
  SELECT EXISTS (SELECT FROM cancelled_schedules c WHERE c.schedule_id = schedule),
    (SELECT count(*) FROM seat_holds h WHERE h.schedule_id = schedule AND h.user_id = buyer AND h.expires_at > at),
    -- OFFSET 0 keeps it one look by the primary key a seat. Where the plan was made while the table was small, PostgreSQL would go on reading
    -- all seats of the schedule: 0.6 ms more a hold among 4,000.
    (SELECT json_agg(w.seat_id ORDER BY w.seat_id) FROM unnest(wanted) AS w (seat_id)
     WHERE EXISTS (SELECT FROM seat_holds h WHERE h.schedule_id = schedule AND h.seat_id = w.seat_id AND h.expires_at > at OFFSET 0))
  INTO is_cancelled, seats_before, taken;
  outcome := CASE
    WHEN is_cancelled THEN 'CANCELLED'
    WHEN seats_before + cardinality(wanted) > seats_max THEN 'OVER_LIMIT'
    WHEN taken IS NOT NULL THEN 'TAKEN' END;
  IF outcome IS NOT NULL THEN RETURN; END IF;

  -- Take. A second buyer waits here for the first one's commit. A lapsed hold is taken over in place.
  WITH made AS (
    INSERT INTO seat_holds AS h (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
    SELECT schedule, seat_id, new_id, buyer, at, until FROM unnest(wanted) AS w (seat_id) ORDER BY seat_id
    ON CONFLICT (schedule_id, seat_id) DO UPDATE
      SET reservation_id = excluded.reservation_id, user_id = excluded.user_id, held_at = excluded.held_at,
          expires_at = excluded.expires_at, taken_over_from = h.reservation_id
      WHERE h.expires_at <= excluded.held_at
    RETURNING h.taken_over_from
  )
  SELECT count(*), array_agg(DISTINCT taken_over_from) FILTER (WHERE taken_over_from IS NOT NULL)
  INTO seats_made, lapsed FROM made;
  IF seats_made = 0 THEN
    outcome := 'TAKEN';
    taken := to_json(wanted);
    RETURN;
  END IF;
  IF seats_made < cardinality(wanted) THEN
    -- The error undoes those that were taken. The caller begins again, and then sees whose the others are.
    RAISE EXCEPTION 'others took some of the wanted seats at the same time' USING ERRCODE = 'serialization_failure';
  END IF;

  -- Store.
  INSERT INTO reservations (reservation_id, reservation_number, user_id, schedule_id, status, total_amount, seat_ids, seats, reserved_at,
    expires_at, queue_sequence)
  VALUES (new_id, new_number, buyer, schedule, 'HOLD', amount, wanted, offered, at, until, place_sequence);
  IF lapsed IS NOT NULL THEN
    taken_over := expire_taken_over(lapsed, events_topic, message_ids[2:], trace, request);
  END IF;
  INSERT INTO outbox (message_id, topic, message_key, type, payload, traceparent, request_id)
  VALUES (message_ids[1], events_topic, new_id, 'ReservationHeld',
    format('%s,"expiresAt":"%s"}', left(event_start, -1), iso_time(until))::json, trace, request);
  answer := format('%s,"reservedAt":"%s","expiresAt":"%s"}', left(answer_start, -1), iso_time(at), iso_time(until));
  IF key_value IS NOT NULL THEN
    INSERT INTO idempotency_keys (user_id, operation, idempotency_key, request_hash, status, response, resource_id, locked_until)
    VALUES (buyer, operation_name, key_value, content_hash, 201, answer, new_id, at)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the key was used for another schedule at the same time' USING ERRCODE = 'serialization_failure';
    END IF;
  END IF;
  outcome := 'HELD';
END
$$;

/*
 * Ends lapsed reservations that lost a seat to a hold: marks them EXPIRED, frees their other seats, and tells of it. It does what the sweeper
 * does (expire-holds.ts), and is here because it belongs to the hold's round trip. Returns what it ended.
 */
CREATE FUNCTION expire_taken_over(ids uuid[], events_topic text, message_ids uuid[], trace text, request text)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  ended json;
BEGIN
  WITH locked AS (
    SELECT reservation_id FROM reservations
    WHERE reservation_id = ANY (ids) AND status = 'HOLD' AND expires_at <= clock_timestamp()
    ORDER BY reservation_id FOR UPDATE
  ), expired AS (
    UPDATE reservations r SET status = 'EXPIRED' FROM locked WHERE r.reservation_id = locked.reservation_id
    RETURNING r.reservation_id AS "reservationId", r.user_id AS "userId", r.schedule_id AS "scheduleId", r.seat_ids AS "seatIds",
      CASE WHEN r.queue_sequence IS NOT NULL THEN json_build_object(
        'sequence', r.queue_sequence,
        'liveHoldsLeft', (SELECT count(*) FROM reservations o
          WHERE o.user_id = r.user_id AND o.schedule_id = r.schedule_id AND o.queue_sequence = r.queue_sequence
            AND o.status = 'HOLD' AND o.expires_at > clock_timestamp())
      ) END AS "queuePlace"
  ), told AS (
    INSERT INTO outbox (message_id, topic, message_key, type, payload, traceparent, request_id)
    SELECT message_ids[row_number() OVER (ORDER BY e."reservationId")], events_topic, e."reservationId", 'ReservationExpired',
      row_to_json(e), trace, request
    FROM expired e
  )
  SELECT json_agg(e) INTO ended FROM expired e;
  -- It skips seats that others have locked, since they are taking them over.
  DELETE FROM seat_holds WHERE reservation_id = ANY (ids) AND (schedule_id, seat_id) IN (
    SELECT h.schedule_id, h.seat_id FROM reservations r
    JOIN seat_holds h ON h.schedule_id = r.schedule_id AND h.seat_id = ANY (r.seat_ids) AND h.reservation_id = r.reservation_id
    WHERE r.reservation_id = ANY (ids) FOR UPDATE OF h SKIP LOCKED);
  RETURN ended;
END
$$;
