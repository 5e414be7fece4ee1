import { createHash } from 'node:crypto'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool, Queryable } from '@frontrow/postgres/pool'

/** One admission as services before migration 0005 noted it. */
export interface OldAdmission {
  scheduleId: number
  sequence: number
  enteredAt: Date
  admittedAt: Date
  active: number
  maxActive: number
  admitPerSecond: number
}

const STATEMENT_TIMEOUT_MS = 10_000

/** Connections as those services had them. */
export function connectOldInstance(databaseUrl: string): Pool {
  return createPool({
    url: databaseUrl,
    applicationName: 'queue-before-0005',
    max: 4,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onError: () => undefined,
  })
}

/** Takes the lease, under which people are let in through Redis; returns its generation. */
export async function takeLease(db: Queryable, server: string, holdMs: number): Promise<number | undefined> {
  const { rows } = await db.query<{ generation: number }>(
    `UPDATE redis_lease SET
       generation = generation + CASE WHEN server IS DISTINCT FROM $1 THEN 1 ELSE 0 END,
       server = $1, taken_over_at = NULL,
       held_until = greatest(held_until, clock_timestamp() + make_interval(secs => $2 / 1000.0))
     WHERE server IS NOT DISTINCT FROM $1 OR held_until < clock_timestamp()
     RETURNING generation`,
    [server, holdMs],
  )
  return rows[0]?.generation
}

/** Keeps the lease; returns until when it is held. */
export async function renewLease(db: Queryable, generation: number, holdMs: number): Promise<Date> {
  const { rows } = await db.query<{ heldUntil: Date }>(
    `UPDATE redis_lease
     SET held_until = greatest(held_until, clock_timestamp() + make_interval(secs => $2 / 1000.0))
     WHERE generation = $1 RETURNING held_until AS "heldUntil"`,
    [generation, holdMs],
  )
  if (rows[0] === undefined) throw new Error('somebody else has taken the lease')
  return rows[0].heldUntil
}

/** Locks a room for a round of admission while Redis was away. */
export async function lockRoomForAdmission(tx: Queryable, scheduleId: number): Promise<void> {
  await tx.query(`SELECT last_sequence FROM rooms WHERE schedule_id = $1 FOR NO KEY UPDATE`, [scheduleId])
}

/** What such a round asked for next: that nobody lets people in through Redis. */
export async function lockLapsedLease(tx: Queryable): Promise<void> {
  await tx.query(
    `SELECT 1 FROM redis_lease WHERE held_until < clock_timestamp() AND taken_over_at IS NOT NULL FOR SHARE`,
  )
}

/** Notes who was let in, for the log and in the row of the place. */
export async function noteAdmission(
  db: Queryable,
  admission: OldAdmission,
  activeUntil: Date,
): Promise<void> {
  const { scheduleId, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond } = admission
  await db.query(
    `WITH noted AS (
       INSERT INTO unlogged_admissions
         (schedule_id, sequence, entered_at, admitted_at, active, max_active, admit_per_second)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
     )
     UPDATE queue_tokens t SET status = 'ACTIVE', activated_at = coalesce(t.activated_at, $4),
       active_until = greatest(t.active_until, $8)
     WHERE t.schedule_id = $1 AND t.sequence = $2 AND t.status IN ('WAITING', 'ACTIVE')`,
    [scheduleId, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond, activeUntil],
  )
}

/** Writes admissions into the log, chained to what the log has. */
export async function logAdmissions(db: Queryable, admissions: readonly OldAdmission[]): Promise<void> {
  for (const admission of admissions) {
    const { scheduleId, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond } = admission
    const { rows } = await db.query<{ seed: Buffer; length: number | null; head: Buffer | null }>(
      `SELECT seed, length, head FROM rooms LEFT JOIN admission_logs USING (schedule_id) WHERE schedule_id = $1`,
      [scheduleId],
    )
    const room = rows[0]
    if (room === undefined) throw new Error(`there is no room ${scheduleId}`)
    const commitment = createHash('sha256').update(room.seed).digest('hex')
    const before = room.head ?? sha256(`frontrow:admissions:${scheduleId}:${commitment}`)
    const number = (room.length ?? 0) + 1
    const times = [enteredAt, admittedAt].map((time) => time.toISOString())
    const fields = [before.toString('hex'), number, sequence, ...times, active, maxActive, admitPerSecond]
    const hash = sha256(fields.join('|'))
    await db.query(
      `INSERT INTO admission_logs (schedule_id, length, head) VALUES ($1, $2, $3)
       ON CONFLICT (schedule_id) DO UPDATE SET length = excluded.length, head = excluded.head`,
      [scheduleId, number, hash],
    )
    await db.query(
      `INSERT INTO admissions
         (schedule_id, number, sequence, entered_at, admitted_at, active, max_active, admit_per_second, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [scheduleId, number, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond, hash],
    )
  }
}

/** What requests and messages did to places: a join, a leave, a reissue, a hold. Each by its own statement. */
export const oldChanges = {
  join: (db: Queryable, scheduleId: number): Promise<unknown> =>
    db.query(
      `WITH room AS (
         INSERT INTO rooms AS r
           (schedule_id, max_active, admit_per_second, last_sequence, early_entries, closed_at, drawn_at)
         VALUES ($1, 4, 50, 1, 0, now(), now())
         ON CONFLICT (schedule_id) DO UPDATE SET last_sequence = excluded.last_sequence + r.last_sequence
         RETURNING last_sequence
       )
       INSERT INTO queue_tokens (schedule_id, sequence, user_id, token_hash)
       SELECT $1, room.last_sequence, 'latecomer', sha256('latecomer') FROM room
       ON CONFLICT (schedule_id, user_id) WHERE status IN ('WAITING', 'ACTIVE') DO NOTHING`,
      [scheduleId],
    ),
  leave: (db: Queryable, scheduleId: number): Promise<unknown> =>
    db.query(
      `UPDATE queue_tokens SET status = 'LEFT', ended_at = now()
       WHERE schedule_id = $1 AND status IN ('WAITING', 'ACTIVE')`,
      [scheduleId],
    ),
  reissue: (db: Queryable, scheduleId: number): Promise<unknown> =>
    db.query(
      `UPDATE queue_tokens SET token_hash = sha256(token_hash)
       WHERE schedule_id = $1 AND status IN ('WAITING', 'ACTIVE')`,
      [scheduleId],
    ),
  hold: (db: Queryable, scheduleId: number): Promise<unknown> =>
    db.query(
      `UPDATE queue_tokens SET active_until = greatest(active_until, now() + interval '10 minutes')
       WHERE schedule_id = $1 AND status = 'ACTIVE' AND active_until > now()`,
      [scheduleId],
    ),
  'round of admission': (db: Queryable, scheduleId: number): Promise<unknown> =>
    db.query(
      `UPDATE queue_tokens SET status = 'ACTIVE', activated_at = now(), active_until = now() + interval '5 minutes'
       WHERE schedule_id = $1 AND status = 'WAITING'`,
      [scheduleId],
    ),
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
