import { readFileSync } from 'node:fs'
import type { Redis, Result } from 'ioredis'
import { LRUCache } from 'lru-cache'

const names = ['admit', 'join', 'place', 'leave', 'extend', 'summary', 'steer', 'predict', 'rebuild'] as const

/** A file of src/lua; `room.lua` is put before each. */
export type ScriptName = (typeof names)[number]

/** A reply of a script: its first element says what came of it. */
export type ScriptReply = readonly [outcome: string, ...rest: unknown[]]

type ScriptArguments = (string | number)[]

declare module 'ioredis' {
  interface RedisCommander<Context> {
    roomAdmit(...args: ScriptArguments): Result<unknown, Context>
    roomJoin(...args: ScriptArguments): Result<unknown, Context>
    roomPlace(...args: ScriptArguments): Result<unknown, Context>
    roomLeave(...args: ScriptArguments): Result<unknown, Context>
    roomExtend(...args: ScriptArguments): Result<unknown, Context>
    roomSummary(...args: ScriptArguments): Result<unknown, Context>
    roomSteer(...args: ScriptArguments): Result<unknown, Context>
    roomPredict(...args: ScriptArguments): Result<unknown, Context>
    roomRebuild(...args: ScriptArguments): Result<unknown, Context>
    forgetIdleRoom(...args: ScriptArguments): Result<unknown, Context>
    dropUndrawnRoom(...args: ScriptArguments): Result<unknown, Context>
    keepTokenOwners(keys: number, ...args: ScriptArguments): Result<unknown, Context>
  }
}

const commands = {
  admit: 'roomAdmit',
  join: 'roomJoin',
  place: 'roomPlace',
  leave: 'roomLeave',
  extend: 'roomExtend',
  summary: 'roomSummary',
  steer: 'roomSteer',
  predict: 'roomPredict',
  rebuild: 'roomRebuild',
} as const satisfies Record<ScriptName, keyof Redis>

const KEY_COUNT = 8
const KNOWN_ROOMS_MAX = 1_000

// Takes a room off the busy ones, unless it was marked busy again since its mark was read.
const FORGET_IDLE_ROOM = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0`

// Several instances find the same draw done, one after the other. Only the first may drop the room: once it is built in the drawn
// order, people are let in to it.
const DROP_UNDRAWN_ROOM = `
if redis.call('HGET', KEYS[1], 'drawn') == '1' then return 0 end
return redis.call('HDEL', KEYS[1], 'epoch')`

// This is a script because SET takes an expiry but only one key, and MSET takes no expiry.
const KEEP_TOKEN_OWNERS = `
for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i + 1], 'EX', ARGV[1]) end
return #KEYS`

function source(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8')
}

/** The scripts as ioredis defines them: sent by their hash, and whole where the server does not know it. */
export const scripts = {
  ...Object.fromEntries(
    names.map((name) => [commands[name], { lua: source('room') + source(name), numberOfKeys: KEY_COUNT }]),
  ),
  forgetIdleRoom: { lua: FORGET_IDLE_ROOM, numberOfKeys: 1 },
  dropUndrawnRoom: { lua: DROP_UNDRAWN_ROOM, numberOfKeys: 1 },
  // ioredis gets the number of keys with each call.
  keepTokenOwners: { lua: KEEP_TOKEN_OWNERS },
}

/** Rooms where somebody waits or is ACTIVE, each with the time when that was last noted. Schedulers work through them. */
export const BUSY_ROOMS_KEY = 'queue:busy'

/** The key under which the owner of a token value is stored. */
export function tokenKey(digest: string): string {
  return `queue-token:${digest}`
}

const roomParts = [
  'room',
  'waiting',
  'active',
  'seen',
  'tokens',
  'admissions',
  'predictions',
  'estimates',
] as const

// All keys of a room have one hash tag, so that a cluster keeps them on one node. The order is that of room.lua.
function roomKeys(scheduleId: number): string[] {
  const known = knownKeys.get(scheduleId)
  if (known !== undefined) return known
  const keys = roomParts.map((part) => `queue:{${scheduleId}}:${part}`)
  knownKeys.set(scheduleId, keys)
  return keys
}

const knownKeys = new LRUCache<number, string[]>({ max: KNOWN_ROOMS_MAX })

/** One key of a room, for what needs no script. */
export function roomKey(scheduleId: number, part: (typeof roomParts)[number]): string {
  return `queue:{${scheduleId}}:${part}`
}

/** Runs one script on one room. */
export async function runScript(
  redis: Redis,
  script: ScriptName,
  scheduleId: number,
  args: ScriptArguments,
): Promise<ScriptReply> {
  return toScriptReply(script, await redis[commands[script]](...roomKeys(scheduleId), ...args))
}

/** Checks the form that all replies of scripts have. */
export function toScriptReply(script: string, reply: unknown): ScriptReply {
  if (!Array.isArray(reply)) throw new Error(`script ${script} answered ${typeof reply}`)
  const [outcome, ...rest]: unknown[] = reply
  if (typeof outcome !== 'string') throw new Error(`script ${script} answered without an outcome`)
  return [outcome, ...rest]
}
