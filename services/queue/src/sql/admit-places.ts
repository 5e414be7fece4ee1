import type { Queryable } from '@frontrow/postgres/pool'

/** What decides who may come in; the room stays locked until the end of the transaction. */
export interface LockedRoom {
  maxActive: number | null
  admitPerSecond: number
  paused: boolean
  /** Nobody is let in before those who came early have their places. */
  drawn: boolean
  lastSequence: number
}

/** Locks a room against joins and other rounds. */
export async function lockRoom(tx: Queryable, scheduleId: number): Promise<LockedRoom | undefined> {
  const { rows } = await tx.query<LockedRoom>({
    name: 'lock-room',
    text: `SELECT max_active AS "maxActive", admit_per_second AS "admitPerSecond", paused,
             drawn_at IS NOT NULL AS drawn, last_sequence AS "lastSequence"
           FROM rooms WHERE schedule_id = $1 FOR NO KEY UPDATE`,
    values: [scheduleId],
  })
  return rows[0]
}

/**
 * Ends ACTIVE places whose time is over, and counts who is in. The clock is read here, after the room was locked, so that rounds
 * follow each other also by their times.
 */
export async function endOverdueAndCount(
  tx: Queryable,
  scheduleId: number,
  limit: number,
): Promise<{ nowMs: number; ended: number; active: number; admittedLastSecond: number }> {
  const { rows } = await tx.query<{
    nowMs: number
    ended: number
    active: number
    admittedLastSecond: number
  }>({
    name: 'end-overdue-and-count',
    text: `
      WITH clock AS MATERIALIZED (SELECT date_trunc('milliseconds', clock_timestamp()) AS now),
      ended AS (
        UPDATE queue_tokens SET status = 'EXPIRED', ended_at = (SELECT now FROM clock)
        WHERE schedule_id = $1 AND status = 'ACTIVE' AND active_until <= (SELECT now FROM clock)
          AND sequence = ANY (ARRAY(
            SELECT sequence FROM queue_tokens
            WHERE schedule_id = $1 AND status = 'ACTIVE' AND active_until <= (SELECT now FROM clock) LIMIT $2))
        RETURNING 1
      )
      SELECT round(extract(epoch FROM now) * 1000)::bigint AS "nowMs", (SELECT count(*) FROM ended) AS ended,
        (SELECT count(*) FROM queue_tokens
         WHERE schedule_id = $1 AND status = 'ACTIVE' AND active_until > now) AS active,
        (SELECT count(*) FROM queue_tokens
         WHERE schedule_id = $1 AND activated_at > now - interval '1 second') AS "admittedLastSecond"
      FROM clock`,
    values: [scheduleId, limit],
  })
  const counts = rows[0]
  if (counts === undefined) throw new Error('an aggregate returned no row')
  return counts
}

/** How many people to let in, and what is noted with their admissions. */
export interface NextAdmissions {
  scheduleId: number
  /** Nobody up to this sequence waits. */
  afterSequence: number
  limit: number
  nowMs: number
  activeMs: number
  /** Since when people are let in from PostgreSQL. A place that is older counts as having entered at this moment. */
  takenOverAtMs: number
  activeBefore: number
  maxActive: number | null
  admitPerSecond: number
}

/** Lets the next people in, in their order, and notes them for the log. `found`: how many were found waiting, up to `last`. */
export async function admitNext(
  tx: Queryable,
  next: NextAdmissions,
): Promise<{ found: number; last: number | null; admitted: number }> {
  const { rows } = await tx.query<{ found: number; last: number | null; admitted: number }>({
    name: 'admit-next',
    text: `
      WITH next AS MATERIALIZED (
        SELECT sequence FROM queue_tokens
        WHERE schedule_id = $1 AND status = 'WAITING' AND sequence > $2 ORDER BY sequence LIMIT $3
      ), admitted AS (
        UPDATE queue_tokens t SET status = 'ACTIVE', activated_at = to_timestamp($4 / 1000.0),
          active_until = to_timestamp(($4 + $5) / 1000.0)
        FROM next WHERE t.schedule_id = $1 AND t.sequence = next.sequence AND t.status = 'WAITING'
        RETURNING t.sequence, t.joined_at
      ), noted AS (
        INSERT INTO unlogged_admissions
          (schedule_id, sequence, entered_at, admitted_at, active, max_active, admit_per_second)
        SELECT $1, sequence, date_trunc('milliseconds', greatest(joined_at, to_timestamp($6 / 1000.0))),
          to_timestamp($4 / 1000.0), $7::bigint + row_number() OVER (ORDER BY sequence), $8::int, $9::int
        FROM admitted ON CONFLICT DO NOTHING
      )
      SELECT (SELECT count(*) FROM next) AS found, (SELECT max(sequence) FROM next) AS last,
             (SELECT count(*) FROM admitted) AS admitted`,
    values: [
      next.scheduleId,
      next.afterSequence,
      next.limit,
      next.nowMs,
      next.activeMs,
      next.takenOverAtMs,
      next.activeBefore,
      next.maxActive,
      next.admitPerSecond,
    ],
  })
  const counts = rows[0]
  if (counts === undefined) throw new Error('an aggregate returned no row')
  return counts
}

/** Ends the places of those who wait, a bounded number a call. */
export async function endWaiting(tx: Queryable, scheduleId: number, limit: number): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'end-waiting',
    text: `UPDATE queue_tokens SET status = 'EXPIRED', ended_at = now()
           WHERE schedule_id = $1 AND status = 'WAITING' AND sequence = ANY (ARRAY(
             SELECT sequence FROM queue_tokens WHERE schedule_id = $1 AND status = 'WAITING'
             ORDER BY sequence LIMIT $2))`,
    values: [scheduleId, limit],
  })
  return rowCount ?? 0
}
