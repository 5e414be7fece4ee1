import { Batcher } from '@frontrow/service-host/batcher'
import { LRUCache } from 'lru-cache'
import type { TokenHash } from '../places/token-value.ts'
import type { LocatedPlace, Place, RoomReader, RoomSummary, TokenOwner } from '../room.ts'
import type { Mirror } from './mirror.ts'
import { RedisAwayError } from './redis-gate.ts'
import type { RedisGate } from './redis-gate.ts'
import { numberAt, roomKey, runScript, tokenKey, toScriptReply } from './room-scripts.ts'
import type { ScriptName, ScriptReply } from './room-scripts.ts'

/** A place whose holder was seen, by the mirror's clock. */
export interface SeenPlace {
  scheduleId: number
  userId: string
  sequence: number
  atMs: number
}

// Enough for two full rooms of 100,000. Where more people than this poll in turn, each is forgotten before it comes again.
const KNOWN_MAX = 200_000
// A script blocks Redis while it runs: for about 0.5 ms with this many places.
const PLACES_SHARED_MAX = 100
const OWNERS_SHARED_MAX = 200

/** Answers from the mirror. Every method throws RedisAwayError where it can't. */
export class RedisRoom implements RoomReader {
  readonly #gate: RedisGate
  readonly #mirror: Pick<Mirror, 'source' | 'build'>
  readonly #noteSeenAfterMs: number
  // With `max` lru-cache would take the memory for all of them at once: 4 MB.
  readonly #owners = new LRUCache<string, TokenOwner>({ maxSize: KNOWN_MAX, sizeCalculation: () => 1 })
  readonly #ownerReads = new Batcher<'all', string, string | null>({
    batchMax: OWNERS_SHARED_MAX,
    send: (_all, digests) => this.#gate.use((redis) => redis.mget(digests.map(tokenKey))),
  })
  readonly #placeReads = new Batcher<number, [userId: string, digest: string], Place | undefined>({
    batchMax: PLACES_SHARED_MAX,
    send: async (scheduleId, asked) => {
      const reply = await this.#run('place', scheduleId, [this.#noteSeenAfterMs, ...asked.flat()])
      return reply.slice(1).map((one) => toPlace(toScriptReply('place', one)))
    },
  })

  /** `noteSeenAfterMs`: how long after the last note somebody who waits is noted as seen again. */
  constructor(gate: RedisGate, mirror: Pick<Mirror, 'source' | 'build'>, noteSeenAfterMs: number) {
    this.#gate = gate
    this.#mirror = mirror
    this.#noteSeenAfterMs = noteSeenAfterMs
  }

  async find(hash: TokenHash): Promise<LocatedPlace | undefined> {
    const owner = await this.ownerOf(hash)
    if (owner === undefined) return undefined
    const { scheduleId, userId } = owner
    const place = await this.#placeReads.add(scheduleId, [userId, hash.digest])
    return place === undefined ? undefined : { scheduleId, userId, place }
  }

  async summary(scheduleId: number): Promise<RoomSummary> {
    const reply = await this.#run('summary', scheduleId, [])
    const maxActive = numberAt(reply, 7)
    return {
      nowMs: numberAt(reply, 1),
      nowServing: numberAt(reply, 2),
      waiting: numberAt(reply, 3),
      active: numberAt(reply, 4),
      admittedLastMinute: numberAt(reply, 5),
      oldestAdmissionMs: numberAt(reply, 6),
      maxActive: maxActive < 0 ? null : maxActive,
      admitPerSecond: numberAt(reply, 8),
      paused: numberAt(reply, 9) === 1,
    }
  }

  /** Keeps that somebody was seen, until PostgreSQL can be told: this mirror counts who was let in as shown up. */
  async keepSeen({ scheduleId, userId, sequence, atMs }: SeenPlace): Promise<void> {
    // The first look is kept, because it says whether the holder has shown up in time.
    await this.#gate.use((redis) =>
      Promise.all([
        redis.zrem(roomKey(scheduleId, 'unseen'), userId),
        redis.hsetnx(this.#keptSeenKey(), `${scheduleId}:${sequence}`, atMs),
      ]),
    )
  }

  /** Those who were seen and of whom PostgreSQL was perhaps not told; any `limit` of them. */
  async keptSeen(limit: number): Promise<Omit<SeenPlace, 'userId'>[]> {
    const fields = await this.#gate.use((redis) => redis.hrandfield(this.#keptSeenKey(), limit, 'WITHVALUES'))
    return pairsOf(fields).map(([place, atMs]) => {
      const [scheduleId = 0, sequence = 0] = place.split(':').map(Number)
      return { scheduleId, sequence, atMs: Number(atMs) }
    })
  }

  /** Takes off that list whom PostgreSQL was told of. */
  async forgetSeen(places: readonly Omit<SeenPlace, 'userId'>[]): Promise<void> {
    if (places.length === 0) return
    const fields = places.map(({ scheduleId, sequence }) => `${scheduleId}:${sequence}`)
    await this.#gate.use((redis) => redis.hdel(this.#keptSeenKey(), ...fields))
  }

  /** Instances of another database would find no such places, and take them off the list. */
  #keptSeenKey(): string {
    return `queue:seen:${this.#mirror.source}`
  }

  /** Stores the wait that somebody who waits was told. */
  async predict(scheduleId: number, userId: string, seconds: number): Promise<void> {
    await this.#run('predict', scheduleId, [userId, seconds])
  }

  /** The newest estimates of people who were let in, each with the real wait. */
  async estimates(scheduleId: number): Promise<{ predictedSeconds: number; actualSeconds: number }[]> {
    const pairs = await this.#gate.use((redis) => redis.lrange(roomKey(scheduleId, 'estimates'), 0, -1))
    return pairs.map((pair) => {
      const [predictedSeconds = 0, actualSeconds = 0] = pair.split(':').map(Number)
      return { predictedSeconds, actualSeconds }
    })
  }

  /** Keeps whose place a token value is, so that its first look need not ask. */
  keepOwner({ digest }: TokenHash, { scheduleId, userId }: TokenOwner): void {
    this.#owners.set(digest, { scheduleId, userId })
  }

  async ownerOf({ digest }: TokenHash): Promise<TokenOwner | undefined> {
    const known = this.#owners.get(digest)
    if (known !== undefined) return known
    const value = await this.#ownerReads.add('all', digest)
    if (value === null) return undefined
    const colon = value.indexOf(':')
    const owner = { scheduleId: Number(value.slice(0, colon)), userId: value.slice(colon + 1) }
    this.#owners.set(digest, owner)
    return owner
  }

  async #run(
    script: ScriptName,
    scheduleId: number,
    args: readonly (string | number)[],
  ): Promise<ScriptReply> {
    const { source } = this.#mirror
    const reply = await this.#gate.use((redis) => runScript(redis, script, scheduleId, [source, ...args]))
    if (reply[0] !== 'MISSING') return reply
    this.#mirror.build(scheduleId)
    throw new RedisAwayError(`room ${scheduleId} is being built`)
  }
}

function pairsOf(flat: unknown): [string, string][] {
  if (!Array.isArray(flat)) return []
  const texts = flat.map(String)
  return texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1] ?? '']] : []))
}

function toPlace(reply: ScriptReply): Place | undefined {
  const [status] = reply
  if (status === 'NONE') return undefined
  const standing = {
    nowMs: numberAt(reply, 1),
    sequence: numberAt(reply, 2),
    roomOff: numberAt(reply, 6) === 1,
    noteSeen: numberAt(reply, 7) === 1,
  }
  if (status === 'ACTIVE') return { status, activeUntilMs: numberAt(reply, 4), ...standing }
  if (status === 'WAITING')
    return { status, before: numberAt(reply, 3), waiting: numberAt(reply, 5), ...standing }
  throw new Error(`script place answered ${status}`)
}
