import type { Queryable } from '@frontrow/postgres/pool'

/** How many may be in, and how fast they come in. */
export interface RoomLimits {
  /** null: the waiting room is off. */
  maxActive: number | null
  admitPerSecond: number
  paused: boolean
}

/** Limits with the number of the change that made them. */
export interface RoomSettings extends RoomLimits {
  version: number
}

const COLUMNS = `max_active AS "maxActive", admit_per_second AS "admitPerSecond", paused, version`

/** Reads the limits of a room; undefined where the room does not exist yet. */
export async function readRoom(db: Queryable, scheduleId: number): Promise<RoomSettings | undefined> {
  const { rows } = await db.query<RoomSettings>({
    name: 'read-room',
    text: `SELECT ${COLUMNS} FROM rooms WHERE schedule_id = $1`,
    values: [scheduleId],
  })
  return rows[0]
}

/** Changes the limits that are given; makes the room, with `defaults` for the others, where there is none. */
export async function changeRoom(
  db: Queryable,
  scheduleId: number,
  change: {
    maxActive?: number | null | undefined
    admitPerSecond?: number | undefined
    paused?: boolean | undefined
  },
  defaults: RoomLimits,
): Promise<RoomSettings> {
  const { rows } = await db.query<RoomSettings>({
    name: 'change-room',
    text: `
      INSERT INTO rooms AS r (schedule_id, max_active, admit_per_second, paused)
      VALUES ($1, CASE WHEN $2 THEN $3::int ELSE $6::int END, coalesce($4::int, $7::int), coalesce($5::boolean, $8::boolean))
      ON CONFLICT (schedule_id) DO UPDATE SET
        max_active = CASE WHEN $2 THEN $3::int ELSE r.max_active END,
        admit_per_second = coalesce($4::int, r.admit_per_second),
        paused = coalesce($5::boolean, r.paused),
        version = r.version + 1
      RETURNING ${COLUMNS}`,
    values: [
      scheduleId,
      change.maxActive !== undefined,
      change.maxActive ?? null,
      change.admitPerSecond ?? null,
      change.paused ?? null,
      defaults.maxActive,
      defaults.admitPerSecond,
      defaults.paused,
    ],
  })
  const room = rows[0]
  if (room === undefined) throw new Error('the upsert of a room returned nothing')
  return room
}

/** The schedules whose rooms have live places. */
export async function listLiveRooms(db: Queryable): Promise<number[]> {
  const { rows } = await db.query<{ scheduleId: number }>(
    `SELECT schedule_id AS "scheduleId" FROM rooms r
     WHERE EXISTS (SELECT 1 FROM queue_tokens t
                   WHERE t.schedule_id = r.schedule_id AND t.status IN ('WAITING', 'ACTIVE'))`,
  )
  return rows.map((row) => row.scheduleId)
}
