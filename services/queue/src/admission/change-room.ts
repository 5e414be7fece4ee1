import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { onCommit, inTransaction, together } from '@frontrow/postgres/transaction'
import type { QueueContext } from '../context.ts'
import type { Difference } from '../redis-room/mirror.ts'

/** How many may be in, and how fast they come in. */
export interface RoomLimits {
  /** null: the waiting room is off. */
  maxActive: number | null
  admitPerSecond: number
  paused: boolean
}

/** A room whose row is locked until the end of the transaction. */
export interface LockedRoom extends RoomLimits {
  scheduleId: number
  /** The number of changes of this room and its places. */
  version: number
  lastSequence: number
  waiting: number
  /** Nobody up to this sequence waits. */
  lastAdmitted: number
  seed: Buffer
  /** How many entry numbers take part in the draw; null until the opening closes the list of those who come early. */
  earlyEntries: number | null
  drawnAt: Date | null
  /** PostgreSQL's clock; milliseconds since the epoch. */
  nowMs: number
}

/** What a change gives back. */
export interface RoomChange {
  /** The room's version with the change. */
  version: number
  /** All that has changed, where that is known without reading it again. */
  difference?: Difference | undefined
}

/** What rooms are changed with. */
export type ChangingContext = Pick<QueueContext, 'pool' | 'mirror' | 'busy' | 'noShowGrace'>

/**
 * Changes rooms or places in them, in one transaction under the locks of the rooms' rows. Every change of a room is made here:
 * joins, admissions, draws, limits and what becomes of places. So changes of a room have one order over all instances, which its
 * `version` counts, and the mirror in Redis is told after the commit.
 *
 * The lock of one room is waited for. Of several rooms those that somebody else has locked are left out, so that a room whose lock is
 * held for long keeps no other room waiting, and nobody who holds a lock waits for another one. `load` asks for rows at once: its
 * statements go to the server with the lock, and run once it is held. `change` gets the rooms that are there and locked. It writes the
 * versions that it returns by schedule, or returns that of the room where it has changed nothing.
 */
export async function changeRooms<L, R extends RoomChange>(
  ctx: ChangingContext,
  scheduleIds: readonly number[],
  load: (tx: Tx) => Promise<L>,
  change: (tx: Tx, rooms: readonly LockedRoom[], loaded: L) => Promise<ReadonlyMap<number, R>>,
): Promise<ReadonlyMap<number, R>> {
  const askedAtMs = performance.now()
  const done = await inTransaction(ctx.pool, (tx) => changeRoomsIn(tx, ctx, scheduleIds, load, change))
  ctx.noShowGrace.noteAnswer(askedAtMs)
  return done
}

async function changeRoomsIn<L, R extends RoomChange>(
  tx: Tx,
  ctx: ChangingContext,
  scheduleIds: readonly number[],
  load: (tx: Tx) => Promise<L>,
  change: (tx: Tx, rooms: readonly LockedRoom[], loaded: L) => Promise<ReadonlyMap<number, R>>,
): Promise<ReadonlyMap<number, R>> {
  const askedAtMs = performance.now()
  const [rooms, loaded] = await together([lockRooms(tx, scheduleIds), load(tx)])
  ctx.noShowGrace.noteAnswer(askedAtMs)
  const changes = rooms.length === 0 ? new Map<number, R>() : await change(tx, rooms, loaded)
  onCommit(tx, () => {
    for (const { scheduleId, version } of rooms) {
      const changed = changes.get(scheduleId)
      if (changed === undefined || changed.version <= version) continue
      ctx.mirror.follow(scheduleId, changed.version, changed.difference)
      ctx.busy.noteChange()
    }
  })
  return changes
}

/** The same with one room. Returns undefined where there is no such room. */
export async function changeRoom<R extends RoomChange>(
  ctx: ChangingContext,
  scheduleId: number,
  change: (tx: Tx, room: LockedRoom) => Promise<R>,
): Promise<R | undefined> {
  const changed = await changeRooms(ctx, [scheduleId], nothing, ofOneRoom(scheduleId, change))
  return changed.get(scheduleId)
}

/** The same in a transaction that writes more than the room; makes the room with `defaults` where there is none. */
export async function changeOrMakeRoomIn<R extends RoomChange>(
  tx: Tx,
  ctx: ChangingContext,
  scheduleId: number,
  defaults: RoomLimits,
  change: (tx: Tx, room: LockedRoom) => Promise<R>,
): Promise<R> {
  await ensureRoom(tx, scheduleId, defaults)
  const changed = await changeRoomsIn(tx, ctx, [scheduleId], nothing, ofOneRoom(scheduleId, change))
  const done = changed.get(scheduleId)
  if (done === undefined) throw new Error(`room ${scheduleId} was made and is not there`)
  return done
}

const nothing = (): Promise<void> => Promise.resolve()

function ofOneRoom<R extends RoomChange>(
  scheduleId: number,
  change: (tx: Tx, room: LockedRoom) => Promise<R>,
): (tx: Tx, rooms: readonly LockedRoom[]) => Promise<ReadonlyMap<number, R>> {
  return async (tx, rooms) => {
    const changes = new Map<number, R>()
    for (const room of rooms) changes.set(scheduleId, await change(tx, room))
    return changes
  }
}

/** The same, and makes the room with `defaults` where there is none. */
export async function changeOrMakeRoom<R extends RoomChange>(
  ctx: ChangingContext,
  scheduleId: number,
  defaults: RoomLimits,
  change: (tx: Tx, room: LockedRoom) => Promise<R>,
): Promise<R> {
  const changed = await changeRoom(ctx, scheduleId, change)
  if (changed !== undefined) return changed
  await ensureRoom(ctx.pool, scheduleId, defaults)
  const second = await changeRoom(ctx, scheduleId, change)
  if (second === undefined) throw new Error(`room ${scheduleId} was made and is not there`)
  return second
}

/** Makes a room, and with it the seed of its draw, where there is none. */
export async function ensureRoom(db: Queryable, scheduleId: number, defaults: RoomLimits): Promise<void> {
  await db.query({
    name: 'ensure-room',
    text: `INSERT INTO rooms (schedule_id, max_active, admit_per_second, paused) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    values: [scheduleId, defaults.maxActive, defaults.admitPerSecond, defaults.paused],
  })
}

async function lockRooms(tx: Tx, scheduleIds: readonly number[]): Promise<LockedRoom[]> {
  const [first, ...others] = scheduleIds
  const { rows } = await tx.query<LockedRoom>(
    others.length === 0
      ? {
          name: 'lock-room',
          text: `SELECT ${ROOM_COLUMNS} FROM rooms WHERE schedule_id = $1 FOR NO KEY UPDATE`,
          values: [first],
        }
      : {
          name: 'lock-free-rooms',
          // Each is looked up by its key, also by a plan that was made while there were few rooms.
          text: `SELECT room.* FROM unnest($1::bigint[]) AS asked (asked_id), LATERAL (
                   SELECT ${ROOM_COLUMNS} FROM rooms WHERE schedule_id = asked_id FOR NO KEY UPDATE SKIP LOCKED) AS room`,
          values: [scheduleIds],
        },
  )
  return rows
}

const ROOM_COLUMNS = `schedule_id AS "scheduleId", version, max_active AS "maxActive", admit_per_second AS "admitPerSecond", paused,
  last_sequence AS "lastSequence", waiting, last_admitted AS "lastAdmitted", seed, early_entries AS "earlyEntries", drawn_at AS "drawnAt",
  round(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs"`
