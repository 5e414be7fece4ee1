import type { WatchedRoom } from './admission/watch-waiting-room.ts'
import type { RoomSummary } from './room.ts'

/** A room as everybody may see it. */
export function lineJson(scheduleId: number, room: RoomSummary) {
  return {
    scheduleId,
    nowServing: room.nowServing,
    waiting: room.waiting,
    admittedPerMinute: room.admittedLastMinute,
    paused: room.paused,
    serverTime: new Date(room.nowMs).toISOString(),
  }
}

/** A room as admins see it. */
export function watchedRoomJson(scheduleId: number, room: WatchedRoom) {
  const { maxActive, admitPerSecond, active, admitted, estimates } = room
  return { ...lineJson(scheduleId, room), maxActive, admitPerSecond, active, admitted, estimates }
}
