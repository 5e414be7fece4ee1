import type { Pool } from '@frontrow/postgres/pool'
import type { Redis } from 'ioredis'
import { joinArguments, toRoomEntry } from './room-entry.ts'
import { BUSY_ROOMS_KEY, roomKey, runScript } from './room-scripts.ts'
import { readTokens } from './sql/queue-tokens.ts'
import { WHOLE_ROOM } from './unsynced-places.ts'
import type { PlaceId, UnsyncedPlaces } from './unsynced-places.ts'

/** What a replay works with. */
export interface Replay {
  redis: Redis
  epoch: string
  pool: Pool
  unsynced: UnsyncedPlaces
}

const BATCH = 500

/**
 * Brings to Redis what it may have missed: places as their rows are now, and whole rooms by having them built again. What
 * belongs to a room that is being built stays on the list, for the builder may have read its row before it changed.
 */
export async function replayUnsynced(replay: Replay): Promise<void> {
  const { unsynced } = replay
  // The list is taken once, so that a replay ends. What is noted meanwhile waits for the next one.
  const all = unsynced.takeAll()
  const waiting: PlaceId[] = []
  let from = 0
  try {
    for (; from < all.length; from += BATCH) {
      waiting.push(...(await replayBatch(replay, all.slice(from, from + BATCH))))
    }
  } finally {
    for (const place of [...waiting, ...all.slice(from)]) unsynced.add(place)
  }
}

/** Returns the places that have to wait, because their room is being built. */
async function replayBatch(replay: Replay, batch: readonly PlaceId[]): Promise<PlaceId[]> {
  const { redis, epoch, pool } = replay
  const building = await findBuilding(redis, batch)
  const now = batch.filter(({ scheduleId }) => !building.has(scheduleId))
  const rooms = now.filter(({ sequence }) => sequence === WHOLE_ROOM)
  await Promise.all(rooms.map(({ scheduleId }) => redis.hdel(roomKey(scheduleId, 'room'), 'epoch')))
  const rows = await readTokens(
    pool,
    now.filter(({ sequence }) => sequence !== WHOLE_ROOM),
  )
  // A room that is MISSING needs no replay: it will be built from the same rows.
  await Promise.all(
    rows.map((row) => {
      const live = row.status === 'WAITING' || row.status === 'ACTIVE'
      if (!live) return runScript(redis, 'leave', row.scheduleId, [epoch, row.userId, row.sequence])
      // Nobody is admitted by this call, so its limits (the two zeros) do not matter.
      return runScript(redis, 'join', row.scheduleId, [epoch, 0, 0, ...joinArguments(toRoomEntry(row))])
    }),
  )
  const marks = rows.flatMap((row) => [row.scheduleId, Date.now()])
  if (marks.length > 0) await redis.hset(BUSY_ROOMS_KEY, ...marks)
  return batch.filter(({ scheduleId }) => building.has(scheduleId))
}

async function findBuilding(redis: Redis, batch: readonly PlaceId[]): Promise<Set<number>> {
  const scheduleIds = [...new Set(batch.map(({ scheduleId }) => scheduleId))]
  const answers = await Promise.all(
    scheduleIds.map((scheduleId) => redis.hexists(roomKey(scheduleId, 'room'), 'builder')),
  )
  return new Set(scheduleIds.filter((_scheduleId, index) => answers[index] === 1))
}
