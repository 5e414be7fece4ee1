-- Seats that somebody took and did not keep are counted, so that nobody keeps seats from the others by holding them again and again.
-- docs/decisions/0056-hoarding.md has the reasons.

SET LOCAL lock_timeout = '3s';

-- What an admin has cancelled is not counted against its buyer.
ALTER TABLE reservations ADD COLUMN cancelled_by_admin boolean NOT NULL DEFAULT false;

/*
 * Whether the seats of a reservation were taken and not kept, by its own holder: given back, paid or not, or left to run out. One that ran out
 * counts whether or not the sweeper has been there.
 */
CREATE FUNCTION is_released(status text, expires_at timestamptz, cancel_reason text, cancelled_by_admin boolean, at timestamptz)
RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN CASE status
    WHEN 'EXPIRED' THEN true
    WHEN 'HOLD' THEN expires_at <= at
    WHEN 'CANCELLED' THEN cancel_reason = 'USER_CANCELLED' AND NOT cancelled_by_admin
    ELSE false END;

/*
 * An id that is below those of all reservations that were made after `since`. Ids grow with the time of the process that made them, whose clock
 * may be behind by ten minutes.
 */
CREATE FUNCTION first_reservation_since(since timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN (lpad(to_hex(greatest(0, floor(extract(epoch FROM since) * 1000)::bigint - 600000)), 12, '0') || repeat('0', 20))::uuid;

/*
 * What a user released of a schedule in holds that were made after `since`: the seats of each, once for the hold and once more for each refresh.
 * The hold's own rows are the count, found by the index of "mine, newest first", so that no hold writes anything for it. The setting keeps it
 * that index: a connection keeps its plans, and one that was made while the table was small must not read all of it later.
 */
CREATE FUNCTION list_releases(of_user text, of_schedule bigint, since timestamptz, at timestamptz)
RETURNS TABLE (seats integer, made_at timestamptz) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
  first_id uuid := first_reservation_since(since);
BEGIN
  RETURN QUERY SELECT cardinality(r.seat_ids) * (1 + r.refreshes), r.reserved_at FROM reservations r
    WHERE r.user_id = of_user AND r.reservation_id > first_id AND r.schedule_id = of_schedule AND r.reserved_at > since
      AND is_released(r.status, r.expires_at, r.cancel_reason, r.cancelled_by_admin, at);
END
$$;

DROP FUNCTION hold_seats;
DROP FUNCTION judge_holds;
-- Seats that the user has released within the window.
ALTER TYPE hold_judgement ADD ATTRIBUTE released integer;

/*
 * Says of each request what is against it, or HELD. It only looks. The users must be locked before.
 *
 * Requests that could refuse each other are not held together: whoever wants a seat of an earlier request that may be held, or is of the same
 * user, has YIELDED, and asks again after the commit. So it learns what has become of the earlier one as from any other transaction.
 */
CREATE FUNCTION judge_holds(
  requests json, seats_max integer, releases_max integer, released_since timestamptz, at timestamptz, until timestamptz
) RETURNS hold_judgement[] LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
BEGIN
  RETURN (
    WITH looked AS MATERIALIZED (
      SELECT asked.ordinal, asked.request, (asked.request).user_id, (asked.request).schedule_id, (asked.request).seat_ids, known.response,
        known.request_hash IS NOT NULL AS is_known, known.request_hash = (asked.request).request_hash AS is_same,
        EXISTS (SELECT FROM cancelled_schedules c WHERE c.schedule_id = (asked.request).schedule_id) AS is_cancelled,
        (SELECT count(*) FROM seat_holds h
         WHERE h.schedule_id = (asked.request).schedule_id AND h.user_id = (asked.request).user_id AND h.expires_at > at) AS seats_before,
        (SELECT coalesce(sum(l.seats), 0)::int
         FROM list_releases((asked.request).user_id, (asked.request).schedule_id, released_since, at) l) AS released,
        -- OFFSET 0 keeps it one look by the primary key a seat. Where the plan was made while the table was small, PostgreSQL would go on
        -- reading all seats of the schedule: 0.6 ms more a hold among 4,000.
        (SELECT json_agg(w.seat_id ORDER BY w.seat_id) FROM unnest((asked.request).seat_ids) AS w (seat_id)
         WHERE EXISTS (SELECT FROM seat_holds h
           WHERE h.schedule_id = (asked.request).schedule_id AND h.seat_id = w.seat_id AND h.expires_at > at OFFSET 0)) AS taken
      FROM (SELECT row_number() OVER () AS ordinal, r AS request FROM json_populate_recordset(NULL::hold_request, requests) r) asked
      LEFT JOIN LATERAL (
        SELECT k.request_hash, k.response FROM idempotency_keys k
        WHERE k.user_id = (asked.request).user_id AND k.operation = (asked.request).operation
          AND k.idempotency_key = (asked.request).idempotency_key OFFSET 0
      ) known ON true
    ), refused AS MATERIALIZED (
      SELECT *, CASE
        WHEN is_known THEN CASE WHEN is_same THEN 'REPLAYED' ELSE 'KEY_REUSED' END
        WHEN is_cancelled THEN 'CANCELLED'
        WHEN seats_before + cardinality(seat_ids) > seats_max THEN 'OVER_LIMIT'
        WHEN released >= releases_max THEN 'RELEASED_TOO_MANY'
        WHEN taken IS NOT NULL THEN 'TAKEN' END AS refusal
      FROM looked
    ), judged AS (
      SELECT *, CASE
        WHEN refusal IS NOT NULL THEN refusal
        WHEN EXISTS (SELECT FROM refused e WHERE e.ordinal < r.ordinal AND e.refusal IS NULL
          AND (e.user_id = r.user_id OR (e.schedule_id = r.schedule_id AND e.seat_ids && r.seat_ids))) THEN 'YIELDED'
        ELSE 'HELD' END AS outcome
      FROM refused r
    )
    SELECT array_agg(ROW(ordinal, request, outcome,
      CASE outcome
        WHEN 'REPLAYED' THEN response
        WHEN 'HELD' THEN format('%s,"reservedAt":"%s","expiresAt":"%s","holdSecondsLeft":%s,"remainingAllowance":%s%s}',
          left((request).answer::text, -1), iso_time(at), iso_time(until),
          ceil(extract(epoch FROM until - at))::bigint, seats_max - seats_before - cardinality(seat_ids),
          ',"releasesLeft":' || (releases_max - released))::json
      END, seats_before, taken, released)::hold_judgement ORDER BY ordinal)
    FROM judged
  );
END
$$;

/*
 * POST /reservations in one round trip, for all requests of one moment: holds all of the wanted seats of each, or none. It is called as a
 * statement of its own, which is the whole transaction. Requests with an outcome other than HELD have written nothing, and a call in which all
 * lose to seats that were taken before only reads.
 *
 * Locks are taken in the order that all transactions follow (seat-holds.ts): the users, seats by id, reservations by id. The keys come last: two
 * requests of one key and one schedule take turns by the user's lock already.
 *
 * Why a function: the count of a user's seats is right only if it is read after the wait for the lock. All parts of one SQL statement share
 * the snapshot that was taken before the wait, while each statement of a VOLATILE function takes a new one (READ COMMITTED).
 *
 * `releases_max` and `releases_window_ms` have defaults for instances of an older version, which know of no such limit.
 *
 * The setting: a connection keeps its plans (pool.ts), and one that was made while a table was small must not read all of it later.
 */
CREATE FUNCTION hold_seats(
  -- An array of hold_request.
  requests json,
  hold_ms float8,
  seats_max integer,
  events_topic text,
  -- It fails with 55P03 when it waits longer than this for one lock. NULL: as the session has it.
  lock_wait_ms integer,
  releases_max integer DEFAULT NULL,
  releases_window_ms float8 DEFAULT 0
) RETURNS TABLE (
  outcome text,
  answer json,
  seats_before integer,
  taken json,
  released integer,
  -- Of HELD: the lapsed reservations that lost a seat to it, as their ReservationExpired tells of them.
  taken_over json
) LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
DECLARE
  at timestamptz;
  until timestamptz;
  judged hold_judgement[];
  held hold_request[];
  seats_made integer;
  keys_made integer;
  lapsed uuid[];
  takers uuid[];
  ended json;
BEGIN
  IF lock_wait_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', lock_wait_ms::text, true);
  END IF;
  PERFORM pg_advisory_xact_lock(users.key) FROM (
    SELECT DISTINCT hashtextextended(r.schedule_id::text || ' ' || r.user_id, 0) AS key
    FROM json_populate_recordset(NULL::hold_request, requests) r ORDER BY key) users;
  at := date_trunc('milliseconds', clock_timestamp());
  until := at + make_interval(secs => hold_ms / 1000);
  judged := judge_holds(requests, seats_max, releases_max, at - make_interval(secs => releases_window_ms / 1000), at, until);
  held := ARRAY (SELECT j.request FROM unnest(judged) j WHERE j.outcome = 'HELD');

  IF cardinality(held) > 0 THEN
    -- A second buyer waits here for the first one's commit. A lapsed hold is taken over in place.
    WITH made AS (
      INSERT INTO seat_holds AS h (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
      SELECT r.schedule_id, w.seat_id, r.reservation_id, r.user_id, at, until FROM unnest(held) r, unnest(r.seat_ids) AS w (seat_id)
      ORDER BY r.schedule_id, w.seat_id
      ON CONFLICT (schedule_id, seat_id) DO UPDATE
        SET reservation_id = excluded.reservation_id, user_id = excluded.user_id, held_at = excluded.held_at,
            expires_at = excluded.expires_at, taken_over_from = h.reservation_id
        WHERE h.expires_at <= excluded.held_at
      RETURNING h.taken_over_from, h.reservation_id
    ), lost AS (
      SELECT taken_over_from, min(reservation_id::text)::uuid AS taker FROM made WHERE taken_over_from IS NOT NULL GROUP BY taken_over_from
    )
    SELECT (SELECT count(*) FROM made), array_agg(taken_over_from), array_agg(taker) INTO seats_made, lapsed, takers FROM lost;
    IF seats_made < (SELECT sum(cardinality(r.seat_ids)) FROM unnest(held) r) THEN
      -- The error undoes those that were taken. Whoever asks again sees whose the others are.
      RAISE EXCEPTION 'others took some of the wanted seats at the same time' USING ERRCODE = 'serialization_failure';
    END IF;

    INSERT INTO reservations (reservation_id, reservation_number, user_id, schedule_id, status, total_amount, seat_ids, seats, reserved_at,
      expires_at, queue_sequence)
    SELECT r.reservation_id, r.reservation_number, r.user_id, r.schedule_id, 'HOLD', r.total_amount, r.seat_ids, r.seats, at, until,
      r.queue_sequence
    FROM unnest(held) r;
    IF lapsed IS NOT NULL THEN
      ended := expire_taken_over(lapsed, takers, held, events_topic);
    END IF;
    INSERT INTO outbox (message_id, topic, message_key, type, payload, traceparent, request_id)
    SELECT r.message_ids[1], events_topic, r.reservation_id, 'ReservationHeld',
      format('%s,"expiresAt":"%s"}', left(r.event::text, -1), iso_time(until))::json, r.traceparent, r.request_id
    FROM unnest(held) r;
    INSERT INTO idempotency_keys (user_id, operation, idempotency_key, request_hash, status, response, resource_id, locked_until)
    SELECT (j.request).user_id, (j.request).operation, (j.request).idempotency_key, (j.request).request_hash, 201, j.answer,
      (j.request).reservation_id, at
    FROM unnest(judged) j WHERE j.outcome = 'HELD' AND (j.request).idempotency_key IS NOT NULL
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS keys_made = ROW_COUNT;
    IF keys_made < (SELECT count(r.idempotency_key) FROM unnest(held) r) THEN
      RAISE EXCEPTION 'a key was used for another schedule at the same time' USING ERRCODE = 'serialization_failure';
    END IF;
  END IF;
  RETURN QUERY SELECT j.outcome, j.answer, j.seats_before, j.taken, j.released, ended -> ((j.request).reservation_id::text)
    FROM unnest(judged) j ORDER BY j.ordinal;
END
$$;
