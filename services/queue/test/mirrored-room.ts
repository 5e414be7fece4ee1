import { expect } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Redis } from 'ioredis'
import { toDigest } from '../src/places/token-value.ts'
import { roomKey } from '../src/redis-room/room-scripts.ts'

/** A room as it should be in Redis: by user the sequence of who waits, the deadlines of who is in, the record of each token. */
interface WholeRoom {
  version: string
  limits: string
  waiting: Record<string, string>
  active: Record<string, string>
  unseen: Record<string, string>
  tokens: Record<string, string>
}

/** What the mirror has; the version is missing where the room is not built. */
export async function readMirror(redis: Redis, scheduleId: number): Promise<WholeRoom> {
  const scores = async (part: 'waiting' | 'active' | 'unseen'): Promise<Record<string, string>> => {
    const flat = await redis.zrange(roomKey(scheduleId, part), '0', '-1', 'WITHSCORES')
    return Object.fromEntries(
      flat.flatMap((user, index) => (index % 2 === 0 ? [[user, flat[index + 1] ?? '']] : [])),
    )
  }
  const { version = '', ...room } = await redis.hgetall(roomKey(scheduleId, 'room'))
  return {
    version,
    limits: [room['maxActive'], room['admitPerSecond'], room['paused'], room['lastAdmitted']].join(' '),
    waiting: await scores('waiting'),
    active: await scores('active'),
    unseen: await scores('unseen'),
    tokens: await redis.hgetall(roomKey(scheduleId, 'tokens')),
  }
}

/** What the mirror should have. */
export async function readRows(pool: Pool, scheduleId: number): Promise<WholeRoom> {
  const { rows: places } = await pool.query<{
    user: string
    tokenHash: Buffer
    sequence: string
    status: string
    activeUntil: string
    showUpBy: string | null
  }>(
    `SELECT user_id AS "user", token_hash AS "tokenHash", sequence::text, status,
       round(extract(epoch FROM active_until) * 1000)::text AS "activeUntil",
       round(extract(epoch FROM show_up_by) * 1000)::text AS "showUpBy"
     FROM queue_tokens WHERE schedule_id = $1 AND status IN ('WAITING', 'ACTIVE')`,
    [scheduleId],
  )
  const { rows: rooms } = await pool.query<{ version: string; limits: string }>(
    `SELECT version::text, concat_ws(' ', coalesce(max_active::text, ''), admit_per_second, paused::int, last_admitted) AS limits
     FROM rooms WHERE schedule_id = $1`,
    [scheduleId],
  )
  const waiting = places.filter(({ status }) => status === 'WAITING')
  const active = places.filter(({ status }) => status === 'ACTIVE')
  return {
    version: rooms[0]?.version ?? '',
    limits: rooms[0]?.limits ?? '',
    waiting: Object.fromEntries(waiting.map(({ user, sequence }) => [user, sequence])),
    active: Object.fromEntries(active.map(({ user, activeUntil }) => [user, activeUntil])),
    unseen: Object.fromEntries(
      active.flatMap(({ user, showUpBy }) => (showUpBy === null ? [] : [[user, showUpBy]])),
    ),
    tokens: Object.fromEntries(
      places.map(({ user, tokenHash, sequence }) => [user, `${toDigest(tokenHash)}:${sequence}`]),
    ),
  }
}

/** Waits until the mirror of a room is what PostgreSQL has, to the last field. */
export async function expectMirrored(
  stores: { redis: Redis; pool: Pool },
  scheduleId: number,
  withinMs = 60_000,
): Promise<void> {
  await eventually(
    async () =>
      expect(await readMirror(stores.redis, scheduleId)).toEqual(await readRows(stores.pool, scheduleId)),
    { withinMs },
  )
}
