import { endianness } from 'node:os'
import type { Queryable } from '@frontrow/postgres/pool'
import type { Admission } from './admissions.ts'
import type { TokenRow } from './queue-tokens.ts'

/** What Redis did to one place, to be noted in PostgreSQL. */
export interface PlaceChange {
  scheduleId: number
  sequence: number
  /** Set where the place was let in. */
  admission: Admission | null
  activeUntilMs: number | null
  endedAtMs: number | null
}

// True of a place that an instance without Redis has extended in PostgreSQL, and that Redis ended before it heard of that. The
// place stays ACTIVE, and the replay puts it back into Redis.
const EXTENDED = `(t.status = 'ACTIVE' AND t.active_until > to_timestamp(c.ended_at / 1000.0))`

/**
 * Notes many changes in one statement, admissions also for the log. A place that is over stays as it is. `readmitted` counts the
 * people who had been let in before, at another moment.
 */
export async function recordPlaceChanges(
  db: Queryable,
  changes: readonly PlaceChange[],
): Promise<{ readmitted: number }> {
  const { rows } = await db.query<{ again: boolean | null }>({
    name: 'record-place-changes',
    text: `
      WITH change AS (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[],
                             $8::int[], $9::int[])
          AS c (schedule_id, sequence, active_until, ended_at, entered_at, admitted_at, active, max_active, rate)
      ), noted AS (
        INSERT INTO unlogged_admissions
          (schedule_id, sequence, entered_at, admitted_at, active, max_active, admit_per_second)
        SELECT schedule_id, sequence, to_timestamp(entered_at / 1000.0), to_timestamp(admitted_at / 1000.0), active,
               max_active, rate
        FROM change WHERE admitted_at IS NOT NULL ON CONFLICT DO NOTHING
      )
      UPDATE queue_tokens t SET
        status = CASE WHEN c.ended_at IS NULL OR ${EXTENDED} THEN 'ACTIVE' ELSE 'EXPIRED' END,
        activated_at = coalesce(t.activated_at, to_timestamp(c.admitted_at / 1000.0)),
        active_until = greatest(t.active_until, to_timestamp(c.active_until / 1000.0)),
        ended_at = CASE WHEN NOT coalesce(${EXTENDED}, false) THEN to_timestamp(c.ended_at / 1000.0) END
      FROM change c
      WHERE t.schedule_id = c.schedule_id AND t.sequence = c.sequence AND t.status IN ('WAITING', 'ACTIVE')
      RETURNING t.activated_at <> to_timestamp(c.admitted_at / 1000.0) AS again`,
    values: [
      changes.map((change) => change.scheduleId),
      changes.map((change) => change.sequence),
      changes.map((change) => change.activeUntilMs),
      changes.map((change) => change.endedAtMs),
      changes.map((change) => change.admission?.enteredAtMs ?? null),
      changes.map((change) => change.admission?.admittedAtMs ?? null),
      changes.map((change) => change.admission?.active ?? null),
      changes.map((change) => change.admission?.maxActive ?? null),
      changes.map((change) => change.admission?.admitPerSecond ?? null),
    ],
  })
  return { readmitted: rows.filter((row) => row.again === true).length }
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
): Promise<{ sequence: number; admittedAtMs: number }[]> {
  const { rows } = await db.query<{ sequence: number; admittedAtMs: number }>({
    name: 'read-recent-admissions',
    text: `SELECT sequence, round(extract(epoch FROM activated_at) * 1000)::bigint AS "admittedAtMs"
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

/** How full a room is. */
export interface RoomCounts {
  active: number
  admittedLastMinute: number
}

/** Counts who is in and who came in, without looking at those who wait. */
export async function countPlaces(db: Queryable, scheduleId: number): Promise<RoomCounts> {
  const { rows } = await db.query<RoomCounts>({
    name: 'count-places',
    text: `SELECT
             (SELECT count(*) FROM queue_tokens
              WHERE schedule_id = $1 AND status = 'ACTIVE' AND active_until > now()) AS active,
             (SELECT count(*) FROM queue_tokens
              WHERE schedule_id = $1 AND activated_at > now() - interval '1 minute') AS "admittedLastMinute"`,
    values: [scheduleId],
  })
  const counts = rows[0]
  if (counts === undefined) throw new Error('an aggregate returned no row')
  return counts
}

/** The sequence given last in a room; 0 where there is no room yet. */
export async function readLastSequence(
  db: Queryable,
  scheduleId: number,
): Promise<{ lastSequence: number; isClosed: boolean }> {
  const { rows } = await db.query<{ lastSequence: number; isClosed: boolean }>({
    name: 'read-last-sequence',
    text: `SELECT last_sequence AS "lastSequence", closed_at IS NOT NULL AS "isClosed" FROM rooms
           WHERE schedule_id = $1`,
    values: [scheduleId],
  })
  return rows[0] ?? { lastSequence: 0, isClosed: false }
}

/**
 * Those who wait after one sequence and up to another, in their order, at most `limit`. They come as one value of 8 bytes each:
 * as rows, or as an array of bigint, a million of them keep this process busy several times as long.
 */
export async function readWaiting(
  db: Queryable,
  scheduleId: number,
  range: { after: number; upTo: number; limit: number },
): Promise<Float64Array> {
  const { rows } = await db.query<{ numbers: Buffer | null }>({
    name: 'read-waiting',
    text: `SELECT string_agg(float8send(sequence::float8), ''::bytea) AS numbers
           FROM (SELECT sequence FROM queue_tokens
                 WHERE schedule_id = $1 AND status = 'WAITING' AND sequence > $2 AND sequence <= $3
                 ORDER BY sequence LIMIT $4) AS line`,
    values: [scheduleId, range.after, range.upTo, range.limit],
  })
  // The bytes are copied, since they may begin anywhere in their buffer, and a Float64Array needs a start divisible by 8.
  const bytes = new Uint8Array(rows[0]?.numbers ?? []).buffer
  // PostgreSQL sends the high byte first.
  if (endianness() === 'LE') Buffer.from(bytes).swap64()
  return new Float64Array(bytes)
}
