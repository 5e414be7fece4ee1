import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { LockedRoom } from '../admission/change-room.ts'

/** What the draw of a room is made from, and how far its log has come. */
export interface RoomFairness {
  seed: Buffer
  /** null until the opening closes the list. */
  earlyEntries: number | null
  closedAt: Date | null
  drawnAt: Date | null
  logLength: number
  /** The hash of the last entry, or the one that the first will be chained to. */
  logHead: Buffer
}

/** Reads what a room's fairness can be checked by; undefined where the room does not exist yet. */
export async function readFairness(db: Queryable, scheduleId: number): Promise<RoomFairness | undefined> {
  const { rows } = await db.query<RoomFairness>({
    name: 'read-fairness',
    text: `SELECT seed, early_entries AS "earlyEntries", closed_at AS "closedAt", drawn_at AS "drawnAt", log_length AS "logLength",
             coalesce(log_head, log_genesis(schedule_id, seed)) AS "logHead"
           FROM rooms WHERE schedule_id = $1`,
    values: [scheduleId],
  })
  return rows[0]
}

/**
 * Closes the list of those who came early, once the opening has come: from then on joins get a sequence behind the range that
 * the draw will fill. Where nobody came early there is nothing to draw. Returns the room as it is then.
 */
export async function closeEarlyList(tx: Tx, room: LockedRoom): Promise<LockedRoom> {
  const { rows } = await tx.query<Pick<LockedRoom, 'version' | 'lastSequence' | 'earlyEntries' | 'drawnAt'>>({
    name: 'close-early-list',
    text: `UPDATE rooms SET early_entries = last_sequence, last_sequence = 2 * last_sequence, closed_at = clock_timestamp(),
             drawn_at = CASE WHEN last_sequence = 0 THEN clock_timestamp() END, version = version + 1
           WHERE schedule_id = $1
           RETURNING version, last_sequence AS "lastSequence", early_entries AS "earlyEntries", drawn_at AS "drawnAt"`,
    values: [room.scheduleId],
  })
  return { ...room, ...rows[0] }
}

/** Gives the entries that are still live their drawn sequences; those that were moved already are left alone. */
export async function moveEntries(
  tx: Tx,
  scheduleId: number,
  moves: { entries: readonly number[]; sequences: readonly number[] },
): Promise<void> {
  // A plan made for lists of this length would read the whole table for each few thousand entries.
  await tx.query(`SET LOCAL plan_cache_mode = force_generic_plan`)
  await tx.query({
    name: 'move-entries',
    text: `UPDATE queue_tokens t SET sequence = m.sequence
           FROM unnest($2::bigint[], $3::bigint[]) AS m (entry, sequence)
           WHERE t.schedule_id = $1 AND t.sequence = m.entry AND t.status IN ('WAITING', 'ACTIVE')`,
    values: [scheduleId, moves.entries, moves.sequences],
  })
}

/** Notes that all entries have their drawn places. Mirrors from before are built anew. Returns the room's new version. */
export async function markDrawn(tx: Tx, { scheduleId, version }: LockedRoom): Promise<number> {
  await tx.query({
    name: 'mark-drawn',
    text: `UPDATE rooms SET drawn_at = clock_timestamp(), version = $2, mirror_version_min = $2 WHERE schedule_id = $1`,
    values: [scheduleId, version + 1],
  })
  return version + 1
}
