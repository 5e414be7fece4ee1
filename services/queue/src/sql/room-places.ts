import type { Queryable } from '@frontrow/postgres/pool'
import type { TokenRow } from './queue-tokens.ts'

/** What Redis did to one place, to be noted in PostgreSQL. */
export interface PlaceChange {
  scheduleId: number
  sequence: number
  activatedAtMs: number | null
  activeUntilMs: number | null
  endedAtMs: number | null
}

/** Notes many changes in one statement. What is over already stays as it is. */
export async function recordPlaceChanges(db: Queryable, changes: readonly PlaceChange[]): Promise<void> {
  await db.query({
    name: 'record-place-changes',
    text: `
      UPDATE queue_tokens t SET
        status = CASE WHEN c.ended_at IS NULL THEN 'ACTIVE' ELSE 'EXPIRED' END,
        activated_at = coalesce(t.activated_at, to_timestamp(c.activated_at / 1000.0)),
        active_until = greatest(t.active_until, to_timestamp(c.active_until / 1000.0)),
        ended_at = to_timestamp(c.ended_at / 1000.0)
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS c (schedule_id, sequence, activated_at, active_until, ended_at)
      WHERE t.schedule_id = c.schedule_id AND t.sequence = c.sequence AND t.status IN ('WAITING', 'ACTIVE')`,
    values: [
      changes.map((change) => change.scheduleId),
      changes.map((change) => change.sequence),
      changes.map((change) => change.activatedAtMs),
      changes.map((change) => change.activeUntilMs),
      changes.map((change) => change.endedAtMs),
    ],
  })
}

/** Live places of a room after `afterSequence`, in their order. */
export async function readLivePlaces(
  db: Queryable,
  scheduleId: number,
  afterSequence: number,
  limit: number,
): Promise<Pick<TokenRow, 'userId' | 'tokenHash' | 'sequence' | 'status' | 'activeUntil'>[]> {
  const { rows } = await db.query<
    Pick<TokenRow, 'userId' | 'tokenHash' | 'sequence' | 'status' | 'activeUntil'>
  >({
    name: 'read-live-places',
    text: `SELECT user_id AS "userId", token_hash AS "tokenHash", sequence, status, active_until AS "activeUntil"
           FROM queue_tokens
           WHERE schedule_id = $1 AND sequence > $2 AND status IN ('WAITING', 'ACTIVE')
           ORDER BY sequence LIMIT $3`,
    values: [scheduleId, afterSequence, limit],
  })
  return rows
}

/** Who was admitted in the last minute, the last one first. */
export async function readRecentAdmissions(
  db: Queryable,
  scheduleId: number,
  limit: number,
): Promise<{ sequence: number; agoMs: number }[]> {
  const { rows } = await db.query<{ sequence: number; agoMs: number }>({
    name: 'read-recent-admissions',
    text: `SELECT sequence, greatest(0, round(extract(epoch FROM now() - activated_at) * 1000))::int AS "agoMs"
           FROM queue_tokens
           WHERE schedule_id = $1 AND activated_at > now() - interval '1 minute'
           ORDER BY activated_at DESC LIMIT $2`,
    values: [scheduleId, limit],
  })
  return rows
}

/** The place admitted last; 0 where nobody was. */
export async function readLastAdmitted(db: Queryable, scheduleId: number): Promise<number> {
  const { rows } = await db.query<{ sequence: number }>({
    name: 'read-last-admitted',
    text: `SELECT sequence FROM queue_tokens WHERE schedule_id = $1 AND activated_at IS NOT NULL
           ORDER BY activated_at DESC, sequence DESC LIMIT 1`,
    values: [scheduleId],
  })
  return rows[0]?.sequence ?? 0
}

/** The line of a room. */
export interface Line {
  /** Null where nobody waits. */
  frontSequence: number | null
  waiting: number
  active: number
  admittedLastMinute: number
}

/** Counts the whole line: for the time without Redis, and not for every request. */
export async function readLine(db: Queryable, scheduleId: number): Promise<Line> {
  const { rows } = await db.query<Line>({
    name: 'read-line',
    text: `SELECT min(sequence) FILTER (WHERE status = 'WAITING') AS "frontSequence",
             count(*) FILTER (WHERE status = 'WAITING') AS waiting,
             count(*) FILTER (WHERE status = 'ACTIVE' AND active_until > now()) AS active,
             (SELECT count(*) FROM queue_tokens
              WHERE schedule_id = $1 AND activated_at > now() - interval '1 minute') AS "admittedLastMinute"
           FROM queue_tokens WHERE schedule_id = $1 AND status IN ('WAITING', 'ACTIVE')`,
    values: [scheduleId],
  })
  const line = rows[0]
  if (line === undefined) throw new Error('an aggregate returned no row')
  return line
}
