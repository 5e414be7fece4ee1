import type { Queryable } from '@frontrow/postgres/pool'

/** One person let in, and what held at that moment. Times are milliseconds since the epoch, by Redis' clock. */
export interface Admission {
  scheduleId: number
  sequence: number
  /** When the place entered the room that people were let in from. */
  enteredAtMs: number
  admittedAtMs: number
  /** How many were ACTIVE after this admission. */
  active: number
  /** null: the waiting room was off. */
  maxActive: number | null
  admitPerSecond: number
}

/** An admission in the log. */
export interface LoggedAdmission extends Omit<Admission, 'scheduleId'> {
  /** From 1, without gaps. */
  number: number
  hash: Buffer
}

/** The end of a room's log: how many entries it has, and the hash of the last one. */
export interface LogHead {
  length: number
  head: Buffer
}

const ADMISSION = `sequence, round(extract(epoch FROM entered_at) * 1000)::bigint AS "enteredAtMs",
  round(extract(epoch FROM admitted_at) * 1000)::bigint AS "admittedAtMs", active, max_active AS "maxActive",
  admit_per_second AS "admitPerSecond"`

/** Rooms with admissions that are not in their log and older than `settledMs`. */
export async function listUnlogged(db: Queryable, settledMs: number): Promise<number[]> {
  const { rows } = await db.query<{ scheduleId: number }>({
    name: 'list-unlogged',
    text: `SELECT DISTINCT schedule_id AS "scheduleId" FROM unlogged_admissions
           WHERE admitted_at < now() - make_interval(secs => $1 / 1000.0)`,
    values: [settledMs],
  })
  return rows.map((row) => row.scheduleId)
}

/**
 * Locks the log of a room until the end of the transaction; undefined where another transaction has locked it. A new log begins
 * with `genesis`.
 */
export async function lockLog(
  db: Queryable,
  scheduleId: number,
  genesis: Buffer,
): Promise<LogHead | undefined> {
  await db.query({
    name: 'begin-log',
    text: `INSERT INTO admission_logs (schedule_id, length, head) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING`,
    values: [scheduleId, genesis],
  })
  const { rows } = await db.query<LogHead>({
    name: 'lock-log',
    text: `SELECT length, head FROM admission_logs WHERE schedule_id = $1 FOR UPDATE SKIP LOCKED`,
    values: [scheduleId],
  })
  return rows[0]
}

/**
 * Takes admissions older than `settledMs` off the list, the oldest first. `taken` counts all of them; `admissions` leaves out those
 * that are in the log already.
 */
export async function takeUnlogged(
  db: Queryable,
  scheduleId: number,
  settledMs: number,
  limit: number,
): Promise<{ taken: number; admissions: Omit<Admission, 'scheduleId'>[] }> {
  const { rows } = await db.query<Omit<Admission, 'scheduleId'> & { known: boolean }>({
    name: 'take-unlogged',
    text: `
      WITH settled AS (
        SELECT schedule_id, sequence FROM unlogged_admissions
        WHERE schedule_id = $1 AND admitted_at < now() - make_interval(secs => $2 / 1000.0)
        ORDER BY admitted_at, sequence LIMIT $3
      ), taken AS (
        DELETE FROM unlogged_admissions u USING settled s
        WHERE u.schedule_id = s.schedule_id AND u.sequence = s.sequence
        RETURNING u.*
      )
      SELECT ${ADMISSION}, EXISTS (
        SELECT 1 FROM admissions a WHERE a.schedule_id = $1 AND a.sequence = taken.sequence) AS known
      FROM taken ORDER BY admitted_at, sequence`,
    values: [scheduleId, settledMs, limit],
  })
  return {
    taken: rows.length,
    admissions: rows.filter((row) => !row.known).map(({ known: _known, ...admission }) => admission),
  }
}

/** Writes new entries, which follow the head that was locked, and the new head. */
export async function appendToLog(
  db: Queryable,
  scheduleId: number,
  entries: readonly LoggedAdmission[],
): Promise<void> {
  const last = entries.at(-1)
  if (last === undefined) return
  await db.query({
    name: 'append-admissions',
    text: `
      INSERT INTO admissions
        (schedule_id, number, sequence, entered_at, admitted_at, active, max_active, admit_per_second, hash)
      SELECT $1, e.number, e.sequence, to_timestamp(e.entered / 1000.0), to_timestamp(e.admitted / 1000.0), e.active,
             e.max_active, e.rate, e.hash
      FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::bytea[])
        AS e (number, sequence, entered, admitted, active, max_active, rate, hash)`,
    values: [
      scheduleId,
      entries.map((entry) => entry.number),
      entries.map((entry) => entry.sequence),
      entries.map((entry) => entry.enteredAtMs),
      entries.map((entry) => entry.admittedAtMs),
      entries.map((entry) => entry.active),
      entries.map((entry) => entry.maxActive),
      entries.map((entry) => entry.admitPerSecond),
      entries.map((entry) => entry.hash),
    ],
  })
  await db.query({
    name: 'move-log-head',
    text: `UPDATE admission_logs SET length = $2, head = $3 WHERE schedule_id = $1`,
    values: [scheduleId, last.number, last.hash],
  })
}

/** The head of a room's log; undefined where nobody was let in yet. */
export async function readLogHead(db: Queryable, scheduleId: number): Promise<LogHead | undefined> {
  const { rows } = await db.query<LogHead>({
    name: 'read-log-head',
    text: `SELECT length, head FROM admission_logs WHERE schedule_id = $1`,
    values: [scheduleId],
  })
  return rows[0]
}

/** A page of the log. */
export async function readLog(
  db: Queryable,
  scheduleId: number,
  fromNumber: number,
  limit: number,
): Promise<LoggedAdmission[]> {
  const { rows } = await db.query<LoggedAdmission>({
    name: 'read-log',
    text: `SELECT number, ${ADMISSION}, hash FROM admissions
           WHERE schedule_id = $1 AND number >= $2 ORDER BY number LIMIT $3`,
    values: [scheduleId, fromNumber, limit],
  })
  return rows
}

/** Those of `sequences` that nobody has noted as let in. */
export async function findUnnoted(
  db: Queryable,
  scheduleId: number,
  sequences: readonly number[],
): Promise<Set<number>> {
  const { rows } = await db.query<{ sequence: number }>({
    name: 'find-unnoted',
    text: `SELECT s.sequence FROM unnest($2::bigint[]) AS s (sequence)
           WHERE NOT EXISTS (SELECT 1 FROM unlogged_admissions u
                             WHERE u.schedule_id = $1 AND u.sequence = s.sequence)
             AND NOT EXISTS (SELECT 1 FROM admissions a WHERE a.schedule_id = $1 AND a.sequence = s.sequence)`,
    values: [scheduleId, sequences],
  })
  return new Set(rows.map((row) => row.sequence))
}
