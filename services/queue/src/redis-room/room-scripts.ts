import { readFileSync } from 'node:fs'
import type { Redis, Result } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { toDigest } from '../places/token-value.ts'

/** A reply of a script: its first element says what came of it. */
export type ScriptReply = readonly [outcome: string, ...rest: unknown[]]

type ScriptArguments = (string | number)[]

declare module 'ioredis' {
  interface RedisCommander<Context> {
    roomPlace(...args: ScriptArguments): Result<unknown, Context>
    roomSummary(...args: ScriptArguments): Result<unknown, Context>
    roomPredict(...args: ScriptArguments): Result<unknown, Context>
    roomApply(...args: ScriptArguments): Result<unknown, Context>
    roomBuild(...args: ScriptArguments): Result<unknown, Context>
    keepTokenOwners(keys: number, ...args: ScriptArguments): Result<unknown, Context>
  }
}

const commands = {
  place: 'roomPlace',
  summary: 'roomSummary',
  predict: 'roomPredict',
  apply: 'roomApply',
  build: 'roomBuild',
} as const satisfies Record<string, keyof Redis>

/** A file of lua/; `room.lua` is put before each. */
export type ScriptName = keyof typeof commands

// The order is that of room.lua. All keys of a room have one hash tag, so that a cluster keeps them on one node.
const roomParts = [
  'room',
  'waiting',
  'active',
  'unseen',
  'seen',
  'tokens',
  'admissions',
  'predictions',
  'estimates',
] as const

const KNOWN_ROOMS_MAX = 1_000
// Longer than a place in the line is kept by default. The owner of a token that is forgotten here is found in PostgreSQL.
const OWNERS_KEPT_SECONDS = 86_400

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
    Object.entries(commands).map(([name, command]) => [
      command,
      { lua: source('room') + source(name), numberOfKeys: roomParts.length },
    ]),
  ),
  // ioredis gets the number of keys with each call.
  keepTokenOwners: { lua: KEEP_TOKEN_OWNERS },
}

/** The key under which the owner of a token value is stored. */
export function tokenKey(digest: string): string {
  return `queue-token:${digest}`
}

/** One key of a room, for what needs no script. */
export function roomKey(scheduleId: number, part: (typeof roomParts)[number]): string {
  return `queue:{${scheduleId}}:${part}`
}

const knownKeys = new LRUCache<number, string[]>({ max: KNOWN_ROOMS_MAX })

function roomKeys(scheduleId: number): string[] {
  const known = knownKeys.get(scheduleId)
  if (known !== undefined) return known
  const keys = roomParts.map((part) => roomKey(scheduleId, part))
  knownKeys.set(scheduleId, keys)
  return keys
}

/** Stores which room and user these token values belong to, so that a token alone finds its place. */
export async function keepOwners(
  redis: Redis,
  scheduleId: number,
  places: readonly { userId: string; tokenHash: Buffer }[],
): Promise<void> {
  if (places.length === 0) return
  const keys = places.map(({ tokenHash }) => tokenKey(toDigest(tokenHash)))
  const owners = places.map(({ userId }) => `${scheduleId}:${userId}`)
  await redis.keepTokenOwners(keys.length, ...keys, OWNERS_KEPT_SECONDS, ...owners)
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

/** One element of a reply that has to be a number. */
export function numberAt(reply: readonly unknown[], index: number): number {
  const value = reply[index]
  if (typeof value !== 'number') throw new Error(`element ${index} of a script's reply is not a number`)
  return value
}
