import { completeAdminAction } from '@frontrow/admin-actions/admin-actions'
import { together } from '@frontrow/postgres/transaction'
import type { QueueContext } from '../context.ts'
import type { RoomSummary } from '../room.ts'
import { changeOrMakeRoom } from './change-room.ts'
import type { RoomLimits } from './change-room.ts'

/** New limits of one room; what is undefined stays. They hold from the next admission on. */
export async function steerWaitingRoom(
  ctx: QueueContext,
  scheduleId: number,
  change: { [Limit in keyof RoomLimits]?: RoomLimits[Limit] | undefined },
): Promise<RoomSummary> {
  await ctx.schedules.get(scheduleId)
  const { version, limits } = await changeOrMakeRoom(
    ctx,
    scheduleId,
    roomDefaults(ctx.config),
    async (tx, room) => {
      const steered: RoomLimits = {
        maxActive: change.maxActive === undefined ? room.maxActive : change.maxActive,
        admitPerSecond: change.admitPerSecond ?? room.admitPerSecond,
        paused: change.paused ?? room.paused,
      }
      await together([
        tx.query({
          name: 'set-limits',
          text: `UPDATE rooms SET max_active = $2, admit_per_second = $3, paused = $4, version = $5 WHERE schedule_id = $1`,
          values: [scheduleId, steered.maxActive, steered.admitPerSecond, steered.paused, room.version + 1],
        }),
        completeAdminAction(tx),
      ])
      return { version: room.version + 1, limits: steered }
    },
  )
  ctx.events.steered({ scheduleId, ...limits })
  await ctx.mirror.reaches(scheduleId, version)
  ctx.rooms.forgetSummary(scheduleId)
  // The mirror may not have the new limits yet, where it takes long.
  return { ...(await ctx.rooms.summary(scheduleId)), ...limits }
}

/** What a room starts with. */
export function roomDefaults(config: { MAX_ACTIVE: number; ADMIT_PER_SECOND: number }): RoomLimits {
  return { maxActive: config.MAX_ACTIVE, admitPerSecond: config.ADMIT_PER_SECOND, paused: false }
}
