import type { Queryable } from '@frontrow/postgres/pool'
import type { RoomLimits } from '../admission/change-room.ts'

/** A room as the mirror keeps it, beside its places. */
export interface RoomState extends RoomLimits {
  version: number
  lastAdmitted: number
}

/** A place as the mirror keeps it. Times are milliseconds since the epoch, 0 where there is none. */
export interface MirroredPlace {
  userId: string
  tokenHash: Buffer
  sequence: number
  /** The room's version with which the place changed last. */
  version: number
  status: 'W' | 'A' | 'E'
  /** Of an ACTIVE place; the other times of one, too. */
  activeUntilMs: number
  showUpByMs: number
  admittedAtMs: number
  /** Of a WAITING place. */
  seenAtMs: number
}

const MS = (column: string, status: string): string =>
  `CASE WHEN status = '${status}' THEN coalesce(round(extract(epoch FROM ${column}) * 1000)::bigint, 0) ELSE 0 END`

const PLACE = `user_id AS "userId", token_hash AS "tokenHash", sequence, version,
  CASE status WHEN 'WAITING' THEN 'W' WHEN 'ACTIVE' THEN 'A' ELSE 'E' END AS status,
  ${MS('active_until', 'ACTIVE')} AS "activeUntilMs", ${MS('show_up_by', 'ACTIVE')} AS "showUpByMs",
  ${MS('activated_at', 'ACTIVE')} AS "admittedAtMs", ${MS('seen_at', 'WAITING')} AS "seenAtMs"`

/** The room now; undefined where there is none. A mirror older than `versionMin` is built anew. */
export async function readRoomState(
  db: Queryable,
  scheduleId: number,
): Promise<(RoomState & { versionMin: number }) | undefined> {
  const { rows } = await db.query<RoomState & { versionMin: number }>({
    name: 'read-room-state',
    text: `SELECT version, mirror_version_min AS "versionMin", max_active AS "maxActive", admit_per_second AS "admitPerSecond",
             paused, last_admitted AS "lastAdmitted"
           FROM rooms WHERE schedule_id = $1`,
    values: [scheduleId],
  })
  return rows[0]
}

/** Those arguments of apply.lua and build.lua that describe the room. */
export function stateArguments(state: RoomState): (string | number)[] {
  const { version, maxActive, admitPerSecond, paused, lastAdmitted } = state
  return [version, maxActive ?? '', admitPerSecond, paused ? 1 : 0, lastAdmitted]
}

/**
 * Places that changed after a version, in the order of their last change. Those that changed with the same version come together,
 * also beyond `limit`, so that what is read is the whole difference up to the version of the last one. Otherwise an instance could
 * write a part of a version over what another one has read of it later. `versionMin` is that of the same moment: after an older
 * version some of the rows may have been deleted.
 */
export async function readChanges(
  db: Queryable,
  scheduleId: number,
  afterVersion: number,
  limit: number,
): Promise<{ versionMin: number; places: MirroredPlace[] }> {
  const { rows } = await db.query<MirroredPlace & { versionMin: number; isPlace: boolean }>({
    name: 'read-changes',
    text: `SELECT mirror_version_min AS "versionMin", sequence IS NOT NULL AS "isPlace", place.*
           FROM rooms LEFT JOIN LATERAL (
             SELECT ${PLACE} FROM queue_tokens
             WHERE schedule_id = $1 AND version > $2 ORDER BY version FETCH FIRST ($3) ROWS WITH TIES) AS place ON true
           WHERE schedule_id = $1`,
    values: [scheduleId, afterVersion, limit],
  })
  return { versionMin: rows[0]?.versionMin ?? 0, places: rows.filter(({ isPlace }) => isPlace) }
}

/** Live places of a room after a sequence, in their order. */
export async function readLivePlaces(
  db: Queryable,
  scheduleId: number,
  afterSequence: number,
  limit: number,
): Promise<MirroredPlace[]> {
  const { rows } = await db.query<MirroredPlace>({
    name: 'read-live-places',
    text: `SELECT ${PLACE} FROM queue_tokens
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

/** A room that has live places, or was changed a moment ago, with its version. */
export interface LiveRoom {
  scheduleId: number
  version: number
  waiting: number
  active: number
  /** Whether the time of somebody who is in is over. */
  isOverdue: boolean
}

/**
 * The rooms that have live places, or were changed less than `changedWithinMs` ago, and the name of this database. A copy of a
 * database, and one that went back in time or was taken over by a standby, has another name, so that a mirror of it is not believed.
 */
export async function listLiveRooms(
  db: Queryable,
  changedWithinMs: number,
): Promise<{ source: string; rooms: LiveRoom[] }> {
  const { rows } = await db.query<LiveRoom & { source: string; scheduleId: number | null }>({
    name: 'list-live-rooms',
    // The rooms with ACTIVE places are found by a step along the index for each, so that rooms of old on-sales cost nothing.
    text: `
      WITH RECURSIVE with_active AS (
        (SELECT schedule_id FROM queue_tokens WHERE status = 'ACTIVE' ORDER BY schedule_id LIMIT 1)
        UNION ALL
        SELECT (SELECT schedule_id FROM queue_tokens t WHERE status = 'ACTIVE' AND t.schedule_id > with_active.schedule_id
                ORDER BY schedule_id LIMIT 1)
        FROM with_active WHERE schedule_id IS NOT NULL
      )
      SELECT source, schedule_id AS "scheduleId", version, waiting, active, "isOverdue"
      FROM (SELECT concat_ws('-', id, (SELECT oid FROM pg_database WHERE datname = current_database()),
                             left(pg_walfile_name(pg_current_wal_lsn()), 8)) AS source FROM room_source) AS here
      LEFT JOIN (
        SELECT schedule_id, version, waiting, active, coalesce(first_end <= now(), false) AS "isOverdue"
        FROM rooms r, LATERAL (
          SELECT count(*) AS active, min(least(active_until, show_up_by)) AS first_end FROM queue_tokens t
          WHERE t.schedule_id = r.schedule_id AND t.status = 'ACTIVE') AS those_in
        WHERE waiting > 0 OR schedule_id IN (SELECT schedule_id FROM with_active)
          OR changed_at > now() - make_interval(secs => $1 / 1000.0)
      ) AS live ON true`,
    values: [changedWithinMs],
  })
  const [first] = rows
  if (first === undefined) throw new Error('this database has no name')
  return { source: first.source, rooms: rows.filter((row) => row.scheduleId !== null) }
}
