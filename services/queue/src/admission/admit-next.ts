import type { Queryable } from '@frontrow/postgres/pool'

/** When people may be let in. Milliseconds since the epoch; `over`: nobody ever again, so that those who wait are sent home. */
export interface AdmissionWindow {
  opensAtMs: number
  endsAtMs: number
  over: boolean
}

/** How long places last; milliseconds. */
export interface PlaceLives {
  /** From the admission on, for who shows up. */
  activeMs: number
  /** Who is let in and not seen for so long loses the place. */
  showUpMs: number
  /** No hold extends a place beyond this, counted from its admission. */
  activeMaxMs: number
  /** A place in the line, since its holder was last seen. */
  waitingMs: number
}

/** What one batch of admission did, and how the room stands after it. */
export interface AdmissionBatch {
  nowMs: number
  admitted: number
  /** Everybody up to this sequence was let in or has left the line. */
  lastAdmitted: number
  /** The deadline of those who were let in. */
  activeUntilMs: number
  /** Places whose time was over, of people who were in or waited. */
  expired: number
  waiting: number
  active: number
  version: number
  /** The on-sale is open and the draw is not made: nobody is let in. */
  drawDue: boolean
  /** More places are to be ended or filled at once than one batch takes. */
  hasMore: boolean
}

/**
 * The one statement that lets people in: it ends the places whose time is over, counts who is in, lets the next ones in by
 * `maxActive` and `admitPerSecond` in the order of their sequences, and writes the log. The room has to be locked by an earlier
 * statement of the transaction (change-room.ts): a statement sees the rows as they were when it began, so one that waited for the
 * lock itself would count without those who were let in meanwhile.
 *
 * With a million people waiting and 4,000 in, it lets 200 in within 8 ms. The next ones are named as an array, because as a join
 * the planner reads the whole table.
 */
export async function admitNext(
  tx: Queryable,
  scheduleId: number,
  window: AdmissionWindow,
  lives: PlaceLives & { endsNoShows: boolean },
  batch: number,
): Promise<AdmissionBatch> {
  return run(tx, {
    name: 'admit-next',
    text: ADMIT_NEXT,
    values: admissionValues(scheduleId, window, lives, batch),
  })
}

/** Somebody who joins. */
export interface Joining {
  userId: string
  tokenHash: Buffer
}

/**
 * The same for at most `batch` people who join a room in which nobody waits: it gives them places in their order, and those for whom
 * there is room are in from the beginning, so that a place is written once. `places` counts from the sequence that was given last
 * before. Who has a live place gets no other, and yet keeps one slot free, so that somebody may wait for whom there is room.
 * A place whose time is over is ended first, so that its holder gets a new one at once. A number that nobody got is not given again.
 */
export async function admitJoining(
  tx: Queryable,
  scheduleId: number,
  window: AdmissionWindow,
  lives: PlaceLives & { endsNoShows: boolean },
  batch: number,
  joining: readonly Joining[],
): Promise<AdmissionBatch & { places: number[] }> {
  const { places, ...done } = await run(tx, {
    name: 'admit-joining',
    text: ADMIT_JOINING,
    values: [
      ...admissionValues(scheduleId, window, lives, batch),
      joining.map(({ userId }) => userId),
      joining.map(({ tokenHash }) => tokenHash),
    ],
  })
  return { ...done, places: places ?? [] }
}

function admissionValues(
  scheduleId: number,
  window: AdmissionWindow,
  lives: PlaceLives & { endsNoShows: boolean },
  batch: number,
): unknown[] {
  return [
    scheduleId,
    window.opensAtMs,
    window.endsAtMs,
    window.over,
    Math.min(lives.activeMs, lives.activeMaxMs),
    lives.showUpMs,
    lives.activeMaxMs,
    lives.waitingMs,
    lives.endsNoShows,
    batch,
  ]
}

async function run(
  tx: Queryable,
  statement: { name: string; text: string; values: unknown[] },
): Promise<AdmissionBatch & { places: number[] | null }> {
  const { rows } = await tx.query<AdmissionBatch & { places: number[] | null }>(statement)
  const done = rows[0]
  if (done === undefined) throw new Error('the room was not locked')
  return done
}

/** The statement, by who is let in. `lastSequence` to `places` are expressions of SQL. */
interface Admission {
  /** The CTE of that name, with the sequence of each and when it joined. */
  admitted: string
  joined: string
  lastSequence: string
  isChanged: string
  /** The places of those who joined, counted from the sequence that was given last before. */
  places: string
}

function admission({ admitted, joined, lastSequence, isChanged, places }: Admission): string {
  return `
  -- A transaction that has lasted so long was in a PostgreSQL that hung after it gave the lock, and nobody has told it yet who was seen.
  WITH clock AS MATERIALIZED (
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now, $9 AND clock_timestamp() < now() + interval '1 second' AS ends_no_shows
  ),
  room AS MATERIALIZED (
    SELECT rooms.*, clock.now, now >= to_timestamp($2 / 1000.0) AND now < to_timestamp($3 / 1000.0) AND NOT $4 AS is_open,
      CASE WHEN $4 THEN 'infinity' WHEN NOT ends_no_shows THEN '-infinity' ELSE now - make_interval(secs => $8 / 1000.0) END AS seen_since,
      (SELECT count(*) FROM queue_tokens WHERE schedule_id = $1 AND status = 'ACTIVE') AS active_before,
      (SELECT count(*) FROM queue_tokens
       WHERE schedule_id = $1 AND activated_at > now - interval '1 second') AS admitted_last_second
    FROM rooms, clock WHERE schedule_id = $1
  ),
  ended AS (
    UPDATE queue_tokens SET status = 'EXPIRED', ended_at = (SELECT now FROM room), version = (SELECT version + 1 FROM room)
    WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM queue_tokens
      WHERE schedule_id = $1 AND status = 'ACTIVE' AND least(active_until, show_up_by) <= (SELECT now FROM room)
        AND ((SELECT ends_no_shows FROM clock) OR active_until <= (SELECT now FROM room))
      ORDER BY least(active_until, show_up_by) LIMIT $10))
    RETURNING sequence, activated_at, active_until, show_up_by
  ),
  gone AS (
    UPDATE queue_tokens SET status = 'EXPIRED', ended_at = (SELECT now FROM room), version = (SELECT version + 1 FROM room)
    WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM queue_tokens
      WHERE schedule_id = $1 AND status = 'WAITING' AND seen_at < (SELECT seen_since FROM room) ORDER BY seen_at LIMIT $10))
    RETURNING 1
  ),
  -- A place whose time is over counts until it is ended, because its holder may still be noted as seen in time.
  inside AS MATERIALIZED (SELECT active_before - (SELECT count(*) FROM ended) AS active FROM room),
  -- Where more were silent for long than one batch ends, the others may still be noted as seen, so nobody is let in past them.
  free AS MATERIALIZED (
    SELECT CASE WHEN paused OR drawn_at IS NULL OR NOT is_open OR (SELECT count(*) FROM gone) >= $10 THEN 0 WHEN max_active IS NULL THEN $10
      ELSE greatest(0, least($10, max_active - active, admit_per_second - admitted_last_second)) END AS places
    FROM room, inside
  ),
  ${admitted}
  -- While it is not known yet who was seen in an outage, nobody whose deadline has passed is called a no-show.
  entries AS (
    SELECT 'NO_SHOW' AS kind, sequence, NULL::timestamptz AS entered_at, activated_at AS admitted_at, NULL::bigint AS active,
      round(extract(epoch FROM show_up_by - activated_at) * 1000)::bigint AS allowed_ms
    FROM ended WHERE show_up_by < active_until AND (SELECT ends_no_shows FROM clock)
    UNION ALL
    SELECT 'TIME_UP', sequence, NULL, activated_at, NULL, round(extract(epoch FROM active_until - activated_at) * 1000)::bigint
    FROM ended WHERE show_up_by IS NULL AND active_until = activated_at + make_interval(secs => $7 / 1000.0)
    UNION ALL
    SELECT 'ADMITTED', sequence, date_trunc('milliseconds', joined_at), room.now, inside.active + row_number() OVER (ORDER BY sequence), NULL
    FROM admitted, room, inside
  ),
  numbered AS (
    SELECT e.*, room.log_length + row_number() OVER (ORDER BY kind <> 'ADMITTED' DESC, sequence) AS number,
      coalesce(room.log_head, log_genesis(schedule_id, seed)) AS head, room.now, max_active, admit_per_second
    FROM entries e, room
  ),
  logged AS (
    INSERT INTO room_log (schedule_id, number, kind, sequence, entered_at, admitted_at, active, max_active, admit_per_second,
      ended_at, allowed_ms, hash)
    SELECT $1, number, kind, sequence, entered_at, admitted_at, active,
      CASE WHEN kind = 'ADMITTED' THEN max_active END, CASE WHEN kind = 'ADMITTED' THEN admit_per_second END,
      CASE WHEN kind <> 'ADMITTED' THEN now END, allowed_ms,
      chain_log(head, CASE WHEN kind = 'ADMITTED'
        THEN concat_ws('|', number, sequence, log_time(entered_at), log_time(admitted_at), active,
          coalesce(max_active::text, ''), admit_per_second)
        ELSE concat_ws('|', number, kind, sequence, log_time(admitted_at), log_time(now), allowed_ms) END)
        OVER (ORDER BY number)
    FROM numbered
    RETURNING number, hash
  ),
  counts AS MATERIALIZED (
    SELECT (SELECT count(*) FROM admitted) AS admitted, (SELECT count(*) FROM ended) AS ended, (SELECT count(*) FROM gone) AS gone,
      ${joined} AS joined, (SELECT max(sequence) FROM admitted) AS last_admitted
  ),
  changed AS (
    UPDATE rooms SET version = version + 1, waiting = waiting + joined - admitted - gone, last_sequence = ${lastSequence},
      last_admitted = coalesce(counts.last_admitted, rooms.last_admitted),
      log_length = log_length + (SELECT count(*) FROM logged),
      log_head = coalesce((SELECT hash FROM logged ORDER BY number DESC LIMIT 1), log_head)
    FROM counts WHERE schedule_id = $1 AND ${isChanged}
  )
  SELECT round(extract(epoch FROM room.now) * 1000)::bigint AS "nowMs", admitted,
    coalesce(counts.last_admitted, room.last_admitted) AS "lastAdmitted",
    round(extract(epoch FROM room.now) * 1000)::bigint + $5::bigint AS "activeUntilMs",
    ended + gone AS expired, waiting + joined - admitted - gone AS waiting, active + admitted AS active,
    version + (${isChanged})::int AS version, is_open AND drawn_at IS NULL AS "drawDue",
    greatest(admitted, ended, gone) >= $10 AS "hasMore", ${places} AS places
  FROM room, inside, counts`
}

// Rows are named by where they are, which nobody changes while the room is locked. By schedule and sequence the planner would read all
// places of a schedule that it knows nothing of yet, because its on-sale has just begun.
const ADMIT_NEXT = admission({
  admitted: `admitted AS (
      UPDATE queue_tokens SET status = 'ACTIVE', activated_at = (SELECT now FROM room),
        active_until = (SELECT now + make_interval(secs => $5 / 1000.0) FROM room),
        show_up_by = (SELECT now + make_interval(secs => $6 / 1000.0) FROM room), version = (SELECT version + 1 FROM room)
      WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM queue_tokens
        WHERE schedule_id = $1 AND status = 'WAITING' AND sequence > (SELECT last_admitted FROM room)
          AND seen_at >= (SELECT seen_since FROM room)
        ORDER BY sequence LIMIT (SELECT places FROM free)))
      RETURNING sequence, joined_at
    ),`,
  joined: '0',
  lastSequence: 'last_sequence',
  isChanged: 'admitted + ended + gone > 0',
  places: 'NULL::int[]',
})

const ADMIT_JOINING = admission({
  admitted: `placed AS (
      INSERT INTO queue_tokens (schedule_id, sequence, user_id, token_hash, version, status, activated_at, active_until, show_up_by)
      SELECT $1, last_sequence + place, user_id, token_hash, version + 1, CASE WHEN is_in THEN 'ACTIVE' ELSE 'WAITING' END,
        CASE WHEN is_in THEN now END, CASE WHEN is_in THEN now + make_interval(secs => $5 / 1000.0) END,
        CASE WHEN is_in THEN now + make_interval(secs => $6 / 1000.0) END
      FROM room, (SELECT *, place <= (SELECT places FROM free) AS is_in
                  FROM unnest($11::text[], $12::bytea[]) WITH ORDINALITY AS one (user_id, token_hash, place)) AS joining
      ORDER BY place
      ON CONFLICT (schedule_id, user_id) WHERE status IN ('WAITING', 'ACTIVE') DO NOTHING
      RETURNING sequence, joined_at, status
    ),
    admitted AS (SELECT sequence, joined_at FROM placed WHERE status = 'ACTIVE'),`,
  joined: '(SELECT count(*) FROM placed)',
  lastSequence: 'last_sequence + cardinality($11::text[])',
  isChanged: 'true',
  places: '(SELECT array_agg((sequence - last_sequence)::int ORDER BY sequence) FROM placed)',
})
