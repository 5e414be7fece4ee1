import { endianness } from 'node:os'
import type { Queryable } from '@frontrow/postgres/pool'
import type { RoomLimits } from '../admission/change-room.ts'

/** The sequence given last in a room, 0 where there is no room yet; and whether the list of those who came early is closed. */
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

/** A room as it is counted, without looking at those who wait; undefined where there is none. */
export interface CountedRoom extends RoomLimits {
  nowMs: number
  waiting: number
  active: number
  admittedLastMinute: number
  lastAdmitted: number
  /** The lowest sequence that waits. */
  front: number | null
}

/** Counts a room. */
export async function countRoom(db: Queryable, scheduleId: number): Promise<CountedRoom | undefined> {
  const { rows } = await db.query<CountedRoom>({
    name: 'count-room',
    text: `SELECT max_active AS "maxActive", admit_per_second AS "admitPerSecond", paused, waiting,
             last_admitted AS "lastAdmitted", round(extract(epoch FROM now()) * 1000)::bigint AS "nowMs",
             (SELECT count(*) FROM queue_tokens
              WHERE schedule_id = $1 AND status = 'ACTIVE' AND least(active_until, show_up_by) > now()) AS active,
             (SELECT count(*) FROM queue_tokens
              WHERE schedule_id = $1 AND activated_at > now() - interval '1 minute') AS "admittedLastMinute",
             (SELECT min(sequence) FROM queue_tokens WHERE schedule_id = $1 AND status = 'WAITING') AS front
           FROM rooms WHERE schedule_id = $1`,
    values: [scheduleId],
  })
  return rows[0]
}
