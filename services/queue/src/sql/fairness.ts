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

/** Reads what the draw of a room is made from; undefined where the room does not exist yet. */
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
 * Takes, or keeps, the right to make a draw; false where another instance has it. It runs out by itself, so that the draw of an
 * instance that ended is finished by another one.
 */
export async function claimDraw(
  db: Queryable,
  scheduleId: number,
  claim: { id: string; holdMs: number },
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'claim-draw',
    text: `INSERT INTO draws AS d (schedule_id, claim, claimed_until)
           VALUES ($1, $2, now() + make_interval(secs => $3 / 1000.0))
           ON CONFLICT (schedule_id) DO UPDATE SET claim = excluded.claim, claimed_until = excluded.claimed_until
           WHERE d.claim = excluded.claim OR d.claimed_until < now()`,
    values: [scheduleId, claim.id, claim.holdMs],
  })
  return rowCount === 1
}

/** Gives the entries that are still live their drawn sequences; those that were moved already are left alone. */
export async function moveEntries(
  tx: Queryable,
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

/** Notes that all entries have their drawn places. */
export async function markDrawn(db: Queryable, scheduleId: number): Promise<void> {
  await db.query({
    name: 'mark-drawn',
    text: `UPDATE rooms SET drawn_at = now() WHERE schedule_id = $1 AND closed_at IS NOT NULL AND drawn_at IS NULL`,
    values: [scheduleId],
  })
}
