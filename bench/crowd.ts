import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@frontrow/postgres/pool'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { roomKey } from '../services/queue/src/redis-room/room-scripts.ts'
import type { LoadProcess } from './load-process.ts'
import { sum } from './measure.ts'
import { readCpuMs } from './process-cpu.ts'
import type { People } from './bearer-tokens.ts'
import { joinPeople, openPausedRoom } from './queue-stack.ts'
import type { QueueStack } from './queue-stack.ts'
import { crowdToken, crowdUser } from './requests.ts'

const REBUILD_POLL_MS = 20
const REBUILD_MS_MAX = 90_000
const REWRITE_POLL_MS = 100

const placeAnswer = z.object({ data: z.object({ queuePosition: z.int(), status: z.literal('WAITING') }) })

/**
 * Puts a crowd into PostgreSQL, sequences 2 to `size`. The first place is taken over the API, so that the service itself
 * opens the room with all that belongs to it.
 */
export async function fillRoom(
  load: LoadProcess,
  stack: QueueStack,
  scheduleId: number,
  size: number,
  people: People,
): Promise<void> {
  await openPausedRoom(stack, scheduleId, people.admin)
  await joinPeople(load, stack, scheduleId, people.early.slice(0, 1))
  const client = createClient(stack.adminDatabaseUrl, 'bench')
  await client.connect()
  try {
    await client.query(
      `INSERT INTO queue.queue_tokens (schedule_id, sequence, user_id, token_hash)
       SELECT $1, place, regexp_replace($3, '1$', place::text),
              sha256(convert_to(left($4, -12) || lpad(to_hex(place), 12, '0'), 'UTF8'))
       FROM generate_series(2, $2::bigint) AS place`,
      [scheduleId, size, crowdUser(1), crowdToken(1)],
    )
    await client.query(`UPDATE queue.rooms SET last_sequence = $2, waiting = $2 WHERE schedule_id = $1`, [
      scheduleId,
      size,
    ])
    // Otherwise PostgreSQL would start these by itself in the middle of a round.
    await client.query('VACUUM ANALYZE queue.queue_tokens')
    await client.query('CHECKPOINT')
  } finally {
    await client.end()
  }
}

/** Empties Redis, polls once, and waits until the service has rebuilt the room. */
export async function loseAndRebuild(
  stack: QueueStack,
  scheduleId: number,
  size: number,
): Promise<{ tookMs: number; cpuMs: number }> {
  const redis = new Redis(stack.redisUrl)
  try {
    await redis.flushall()
    const began = performance.now()
    const cpuBefore = sum(readCpuMs(stack.pids).values())
    await askPlace(stack, crowdToken(size))
    while ((await redis.hget(roomKey(scheduleId, 'room'), 'version')) === null) {
      if (performance.now() - began > REBUILD_MS_MAX) throw new Error('the room was not rebuilt in time')
      await delay(REBUILD_POLL_MS)
    }
    const tookMs = performance.now() - began
    const cpuMs = sum(readCpuMs(stack.pids).values()) - cpuBefore
    const waiting = await redis.zcard(roomKey(scheduleId, 'waiting'))
    const position = await askPlace(stack, crowdToken(size))
    if (waiting !== size || position !== size) {
      throw new Error(
        `of ${size} people ${waiting} are in the rebuilt room, and the last one's place is ${position}`,
      )
    }
    return { tookMs, cpuMs }
  } finally {
    redis.disconnect()
  }
}

async function askPlace(stack: QueueStack, token: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${stack.port}/api/v1/queue/tokens/me`, {
    headers: { 'Queue-Token': token },
  })
  if (answer.status !== 200) throw new Error(`no place: ${answer.status} ${await answer.text()}`)
  return placeAnswer.parse(await answer.json()).data.queuePosition
}

/** Waits until Redis has rewritten its log. */
export async function settleRedis(stack: QueueStack): Promise<void> {
  const redis = new Redis(stack.redisUrl)
  try {
    await rewriteLog(redis)
  } finally {
    redis.disconnect()
  }
}

/** Redis rewrites its log when that has doubled. We make it do so now, because it must not happen in the middle of a round. */
async function rewriteLog(redis: Redis): Promise<void> {
  const isRewriting = async (): Promise<boolean> =>
    /aof_rewrite_(in_progress|scheduled):1/.test(await redis.info('persistence'))
  while (await isRewriting()) await delay(REWRITE_POLL_MS)
  await redis.bgrewriteaof()
  while (await isRewriting()) await delay(REWRITE_POLL_MS)
}
