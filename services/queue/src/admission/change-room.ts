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
 * Changes a room or places in it, in one transaction under the lock of the room's row. Every change of a room is made here:
 * joins, admissions, draws, limits and what becomes of places. So changes have one order over all instances, which `version`
 * counts, and the mirror in Redis is told after the commit. `change` gets undefined where there is no such room; it writes the
 * version that it returns, or returns that of the room where it has changed nothing.
 */
export async function changeRoom<R extends RoomChange>(
  ctx: ChangingContext,
  scheduleId: number,
  change: (tx: Tx, room: LockedRoom) => Promise<R>,
): Promise<R | undefined> {
  return changeLoaded(
    ctx,
    scheduleId,
    () => Promise.resolve(),
    (tx, room) => change(tx, room),
  )
}

/** The same, with rows that `load` asks for at once: the statement goes to the server with the lock, and runs once it is held. */
export async function changeLoaded<L, R extends RoomChange>(
  ctx: ChangingContext,
  scheduleId: number,
  load: (tx: Tx) => Promise<L>,
  change: (tx: Tx, room: LockedRoom, loaded: L) => Promise<R>,
): Promise<R | undefined> {
  const askedAtMs = performance.now()
  const done = await inTransaction(ctx.pool, async (tx) => {
    const [room, loaded] = await together([lockRoom(tx, scheduleId), load(tx)])
    ctx.noShowGrace.noteAnswer(askedAtMs)
    if (room === undefined) return undefined
    const changed = await change(tx, room, loaded)
    if (changed.version > room.version) {
      onCommit(tx, () => {
        ctx.mirror.follow(scheduleId, changed.version, changed.difference)
        ctx.busy.noteChange()
      })
    }
    return changed
  })
  ctx.noShowGrace.noteAnswer(askedAtMs)
  return done
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

async function lockRoom(tx: Tx, scheduleId: number): Promise<LockedRoom | undefined> {
  const { rows } = await tx.query<LockedRoom>({
    name: 'lock-room',
    text: `SELECT schedule_id AS "scheduleId", version, max_active AS "maxActive", admit_per_second AS "admitPerSecond", paused,
             last_sequence AS "lastSequence", waiting, last_admitted AS "lastAdmitted", seed, early_entries AS "earlyEntries", drawn_at AS "drawnAt",
             round(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs"
           FROM rooms WHERE schedule_id = $1 FOR NO KEY UPDATE`,
    values: [scheduleId],
  })
  return rows[0]
}
