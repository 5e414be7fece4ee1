-- The answer to a hold tells how long it lasts and how many seats its user may still take. Both are made here, because only the statement that
-- decides knows them; otherwise the function is that of migration 0004.

/*
 * Says of each request what is against it, or HELD. It only looks. The users must be locked before.
 *
 * Requests that could refuse each other are not held together: whoever wants a seat of an earlier request that may be held, or is of the same
 * user, has YIELDED, and asks again after the commit. So it learns what has become of the earlier one as from any other transaction.
 */
CREATE OR REPLACE FUNCTION judge_holds(requests json, seats_max integer, at timestamptz, until timestamptz)
RETURNS hold_judgement[] LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
BEGIN
  RETURN (
    WITH looked AS MATERIALIZED (
      SELECT asked.ordinal, asked.request, (asked.request).user_id, (asked.request).schedule_id, (asked.request).seat_ids, known.response,
        known.request_hash IS NOT NULL AS is_known, known.request_hash = (asked.request).request_hash AS is_same,
        EXISTS (SELECT FROM cancelled_schedules c WHERE c.schedule_id = (asked.request).schedule_id) AS is_cancelled,
        (SELECT count(*) FROM seat_holds h
         WHERE h.schedule_id = (asked.request).schedule_id AND h.user_id = (asked.request).user_id AND h.expires_at > at) AS seats_before,
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
        WHEN 'HELD' THEN format('%s,"reservedAt":"%s","expiresAt":"%s","holdSecondsLeft":%s,"remainingAllowance":%s}',
          left((request).answer::text, -1), iso_time(at), iso_time(until),
          ceil(extract(epoch FROM until - at))::bigint, seats_max - seats_before - cardinality(seat_ids))::json
      END, seats_before, taken)::hold_judgement ORDER BY ordinal)
    FROM judged
  );
END
$$;
