import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** Once this is committed, no seat of these schedules can be held or confirmed. */
export async function insertCancelledSchedules(tx: Tx, scheduleIds: readonly number[]): Promise<void> {
  await tx.query({
    name: 'cancelled-schedules-insert',
    text: `INSERT INTO cancelled_schedules (schedule_id)
           SELECT DISTINCT schedule_id FROM unnest($1::bigint[]) AS c (schedule_id) ORDER BY schedule_id
           ON CONFLICT DO NOTHING`,
    values: [scheduleIds],
  })
}

/** Those of some schedules that are cancelled. */
export async function listCancelled(db: Queryable, scheduleIds: readonly number[]): Promise<Set<number>> {
  const { rows } = await db.query<{ schedule_id: number }>({
    name: 'cancelled-schedules-among',
    text: `SELECT c.schedule_id FROM unnest($1::bigint[]) AS a (schedule_id),
             LATERAL (SELECT schedule_id FROM cancelled_schedules c WHERE c.schedule_id = a.schedule_id OFFSET 0) c`,
    values: [scheduleIds],
  })
  return new Set(rows.map((row) => row.schedule_id))
}

/** Cancelled schedules that may still have live reservations. */
export async function listUnsettled(db: Queryable): Promise<number[]> {
  const { rows } = await db.query<{ schedule_id: number }>({
    name: 'cancelled-schedules-unsettled',
    text: `SELECT schedule_id FROM cancelled_schedules WHERE settled_at IS NULL ORDER BY cancelled_at LIMIT 20`,
    values: [],
  })
  return rows.map((row) => row.schedule_id)
}

/** How far the cancellation of a schedule is. */
export interface CancellationProgress {
  /** Reservations that are still held or paid. */
  live: number
  /** Those that were cancelled with the schedule; and of these, those whose money is not back yet, and is. */
  cancelled: number
  refundsPending: number
  refunded: number
}

/** Counts how far the cancellation of a schedule is. */
export async function countCancellation(db: Queryable, scheduleId: number): Promise<CancellationProgress> {
  const { rows } = await db.query<CancellationProgress>({
    name: 'cancelled-schedules-count',
    text: `SELECT live, cancelled, "refundsPending", refunded
           FROM (
             SELECT count(*) AS live FROM reservations
             WHERE schedule_id = $1 AND status IN ('HOLD', 'CONFIRMED')
               AND (status = 'CONFIRMED' OR expires_at > clock_timestamp())) l,
           (
             SELECT count(*) AS cancelled, count(*) FILTER (WHERE refund_status = 'PENDING') AS "refundsPending",
               count(*) FILTER (WHERE refund_status = 'REFUNDED') AS refunded
             FROM reservations WHERE schedule_id = $1 AND cancel_reason = 'SCHEDULE_CANCELLED') c`,
    values: [scheduleId],
  })
  const row = rows[0]
  if (row === undefined) throw new Error('a count returned no row')
  return row
}

/**
 * Settles a cancelled schedule that has no live reservation left, but only once `graceMs` have passed: a transaction from
 * before the cancellation may still be running until then.
 */
export async function markSettled(db: Queryable, scheduleId: number, graceMs: number): Promise<void> {
  await db.query({
    name: 'cancelled-schedules-settle',
    text: `UPDATE cancelled_schedules SET settled_at = now()
           WHERE schedule_id = $1 AND cancelled_at < now() - make_interval(secs => $2::float8 / 1000)`,
    values: [scheduleId, graceMs],
  })
}
