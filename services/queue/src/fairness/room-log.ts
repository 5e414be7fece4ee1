import type { Queryable } from '@frontrow/postgres/pool'

/** An entry of a room's log, which admit-next.ts writes. Times are milliseconds since the epoch, by PostgreSQL's clock. */
export type LogEntry = LoggedAdmission | LoggedEnd

interface Logged {
  /** From 1, without gaps. */
  number: number
  sequence: number
  admittedAtMs: number
  hash: Buffer
}

/** One person let in, and what held at that moment. */
export interface LoggedAdmission extends Logged {
  kind: 'ADMITTED'
  /** When the person joined. */
  enteredAtMs: number
  /** How many were ACTIVE after this admission. */
  active: number
  /** null: the waiting room was off. */
  maxActive: number | null
  admitPerSecond: number
}

/** A place that ended because its holder did not show up, or at its absolute end. */
export interface LoggedEnd extends Logged {
  kind: 'NO_SHOW' | 'TIME_UP'
  endedAtMs: number
  /** How long it was allowed to last. */
  allowedMs: number
}

/** A page of the log. */
export async function readLog(
  db: Queryable,
  scheduleId: number,
  fromNumber: number,
  limit: number,
): Promise<LogEntry[]> {
  const { rows } = await db.query<LogEntry>({
    name: 'read-log',
    text: `SELECT number, kind, sequence, round(extract(epoch FROM entered_at) * 1000)::bigint AS "enteredAtMs",
             round(extract(epoch FROM admitted_at) * 1000)::bigint AS "admittedAtMs", active, max_active AS "maxActive",
             admit_per_second AS "admitPerSecond", round(extract(epoch FROM ended_at) * 1000)::bigint AS "endedAtMs",
             allowed_ms AS "allowedMs", hash
           FROM room_log WHERE schedule_id = $1 AND number >= $2 ORDER BY number LIMIT $3`,
    values: [scheduleId, fromNumber, limit],
  })
  return rows
}
