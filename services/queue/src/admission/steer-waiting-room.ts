import { askThenWriteOnce } from '@frontrow/idempotency/write-once'
import type { WriteRequest } from '@frontrow/idempotency/write-once'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import type { Reply } from '@frontrow/service-host/serve-route'
import type { QueueContext } from '../context.ts'
import { watchedRoomJson } from '../room-json.ts'
import { changeOrMakeRoomIn } from './change-room.ts'
import type { RoomLimits } from './change-room.ts'
import { watchWaitingRoom } from './watch-waiting-room.ts'

/** New limits of a room; what is undefined stays. */
export type LimitChange = { [Limit in keyof RoomLimits]?: RoomLimits[Limit] | undefined }

/**
 * New limits of one room, set once for each Idempotency-Key. They hold from the next admission on. The answer is written with them, so
 * that a repeated request gets it again: its counts are those of the moment before.
 */
export async function steerWaitingRoom(
  ctx: QueueContext,
  scheduleId: number,
  change: LimitChange,
  { caller, key }: Pick<WriteRequest, 'caller' | 'key'>,
): Promise<Reply> {
  const request = { operation: 'steerWaitingRoom', caller, key, content: { scheduleId, ...change } }
  const ask = () => watchWaitingRoom(ctx, scheduleId)
  let version = 0
  const reply = await askThenWriteOnce(ctx, request, ask, async (tx, watched) => {
    const steered = await setLimits(tx, ctx, scheduleId, change)
    version = steered.version
    return { status: 200, data: { ...watchedRoomJson(scheduleId, watched), ...steered.limits }, headers: {} }
  })
  // The next reading is to show the new limits. Where the mirror takes too long, it shows them later.
  await ctx.mirror.reaches(scheduleId, version)
  ctx.rooms.forgetSummary(scheduleId)
  return reply
}

/** Sets new limits in the transaction of their answer. */
export async function setLimits(
  tx: Tx,
  ctx: Pick<QueueContext, 'config' | 'pool' | 'mirror' | 'busy' | 'noShowGrace' | 'events'>,
  scheduleId: number,
  change: LimitChange,
): Promise<{ version: number; limits: RoomLimits }> {
  const steered = await changeOrMakeRoomIn(
    tx,
    ctx,
    scheduleId,
    roomDefaults(ctx.config),
    async (_tx, room) => {
      const limits: RoomLimits = {
        maxActive: change.maxActive === undefined ? room.maxActive : change.maxActive,
        admitPerSecond: change.admitPerSecond ?? room.admitPerSecond,
        paused: change.paused ?? room.paused,
      }
      await tx.query({
        name: 'set-limits',
        text: `UPDATE rooms SET max_active = $2, admit_per_second = $3, paused = $4, version = $5 WHERE schedule_id = $1`,
        values: [scheduleId, limits.maxActive, limits.admitPerSecond, limits.paused, room.version + 1],
      })
      return { version: room.version + 1, limits }
    },
  )
  onCommit(tx, () => ctx.events.steered({ scheduleId, ...steered.limits }))
  return steered
}

/** What a room starts with. */
export function roomDefaults(config: { MAX_ACTIVE: number; ADMIT_PER_SECOND: number }): RoomLimits {
  return { maxActive: config.MAX_ACTIVE, admitPerSecond: config.ADMIT_PER_SECOND, paused: false }
}
