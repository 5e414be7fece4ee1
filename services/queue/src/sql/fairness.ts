import type { Queryable } from '@frontrow/postgres/pool'

/** What the draw of a room is made from. */
export interface RoomFairness {
  seed: Buffer
  /** null until the opening closes the list. */
  earlyEntries: number | null
  closedAt: Date | null
  drawnAt: Date | null
}

const COLUMNS = `seed, early_entries AS "earlyEntries", closed_at AS "closedAt", drawn_at AS "drawnAt"`

/** Undefined where the room was not made yet. */
export async function readFairness(db: Queryable, scheduleId: number): Promise<RoomFairness | undefined> {
  const { rows } = await db.query<RoomFairness>({
    name: 'read-fairness',
    text: `SELECT ${COLUMNS} FROM rooms WHERE schedule_id = $1`,
    values: [scheduleId],
  })
  return rows[0]
}

/** Makes a room, and with it its seed, where there is none. */
export async function ensureRoom(
  db: Queryable,
  scheduleId: number,
  defaults: { maxActive: number | null; admitPerSecond: number },
): Promise<void> {
  await db.query({
    name: 'ensure-room',
    text: `INSERT INTO rooms (schedule_id, max_active, admit_per_second) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    values: [scheduleId, defaults.maxActive, defaults.admitPerSecond],
  })
}

/**
 * Closes the list of those who came early, once the opening has come: from then on joins get a sequence behind the range that
 * the draw will fill. Returns the room as it is then.
 */
export async function closeEarlyList(
  db: Queryable,
  scheduleId: number,
  opensAtMs: number,
): Promise<RoomFairness | undefined> {
  await db.query({
    name: 'close-early-list',
    text: `UPDATE rooms SET early_entries = last_sequence, last_sequence = 2 * last_sequence, closed_at = now(),
             drawn_at = CASE WHEN last_sequence = 0 THEN now() END
           WHERE schedule_id = $1 AND early_entries IS NULL AND now() >= to_timestamp($2 / 1000.0)`,
    values: [scheduleId, opensAtMs],
  })
  return readFairness(db, scheduleId)
}

/**
 * Gives entries their drawn places, those that are still live; who was moved already is left alone. False where another
 * instance is at it: its lock ends with the transaction.
 */
export async function moveEntries(
  tx: Queryable,
  scheduleId: number,
  moves: { entries: readonly number[]; sequences: readonly number[] },
): Promise<boolean> {
  const { rows } = await tx.query<{ locked: boolean }>({
    name: 'lock-draw',
    text: `SELECT pg_try_advisory_xact_lock(hashtextextended('draw of room ' || $1::bigint, 0)) AS locked`,
    values: [scheduleId],
  })
  if (rows[0]?.locked !== true) return false
  await tx.query({
    name: 'move-entries',
    text: `UPDATE queue_tokens t SET sequence = m.sequence
           FROM unnest($2::bigint[], $3::bigint[]) AS m (entry, sequence)
           WHERE t.schedule_id = $1 AND t.sequence = m.entry AND t.status IN ('WAITING', 'ACTIVE')`,
    values: [scheduleId, moves.entries, moves.sequences],
  })
  return true
}

/** Notes that all entries have their drawn places. */
export async function markDrawn(db: Queryable, scheduleId: number): Promise<void> {
  await db.query({
    name: 'mark-drawn',
    text: `UPDATE rooms SET drawn_at = now() WHERE schedule_id = $1 AND closed_at IS NOT NULL AND drawn_at IS NULL`,
    values: [scheduleId],
  })
}
