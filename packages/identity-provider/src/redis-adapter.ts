import type { Redis } from 'ioredis'
import type { Adapter, AdapterPayload } from 'oidc-provider'

/** How long a session and what was granted in it last, without any use; nothing else lasts longer. */
export const SESSION_SECONDS = 86_400

// All tokens of a grant end with it.
const OF_A_GRANT: ReadonlySet<string> = new Set(['AuthorizationCode', 'RefreshToken'])

// A key that has ended meanwhile must not come back as one without an end. One that is there keeps its end.
const CONSUME = `
if redis.call('exists', KEYS[1]) == 1 then redis.call('hset', KEYS[1], 'consumed', ARGV[1]) end
return nil`

/**
 * Keeps what the provider has to remember in Redis: sessions, grants, codes and refresh tokens, each with its end, after which Redis
 * forgets it. There is one for each kind of thing (`model`).
 */
export class RedisAdapter implements Adapter {
  readonly #redis: Redis
  readonly #model: string

  constructor(redis: Redis, model: string) {
    this.#redis = redis
    this.#model = model
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    // Everything of ours has an end; without one Redis would fill up.
    if (expiresIn === undefined) throw new Error(`a ${this.#model} has no end`)
    const key = this.#key(id)
    const commands = this.#redis.multi()
    commands.del(key).hset(key, 'payload', JSON.stringify(payload)).expire(key, expiresIn)
    if (this.#model === 'Session' && payload.uid !== undefined) {
      commands.set(uidKey(payload.uid), id, 'EX', expiresIn)
    }
    if (OF_A_GRANT.has(this.#model) && payload.grantId !== undefined) {
      const grant = grantKey(payload.grantId)
      commands.sadd(grant, key).expire(grant, SESSION_SECONDS)
    }
    const results = await commands.exec()
    for (const [error] of results ?? []) if (error !== null) throw error
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const { payload, consumed } = await this.#redis.hgetall(this.#key(id))
    if (payload === undefined) return undefined
    const kept: AdapterPayload = JSON.parse(payload)
    return consumed === undefined ? kept : { ...kept, consumed: Number(consumed) }
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const id = await this.#redis.get(uidKey(uid))
    return id === null ? undefined : this.find(id)
  }

  /** Codes that are typed in on another device; this provider has none. */
  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  async consume(id: string): Promise<void> {
    await this.#redis.eval(CONSUME, 1, this.#key(id), Math.floor(Date.now() / 1_000))
  }

  async destroy(id: string): Promise<void> {
    await this.#redis.del(this.#key(id))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const grant = grantKey(grantId)
    await this.#redis.del(...(await this.#redis.smembers(grant)), grant)
  }

  #key(id: string): string {
    return `identity:${this.#model}:${id}`
  }
}

/** The language in which each user signed in last. */
export class Locales {
  readonly #redis: Redis

  constructor(redis: Redis) {
    this.#redis = redis
  }

  async remember(user: string, locale: string): Promise<void> {
    await this.#redis.set(`identity:locale:${user}`, locale, 'EX', SESSION_SECONDS)
  }

  async of(user: string): Promise<string | undefined> {
    return (await this.#redis.get(`identity:locale:${user}`)) ?? undefined
  }
}

function uidKey(uid: string): string {
  return `identity:uid:${uid}`
}

function grantKey(grantId: string): string {
  return `identity:grant:${grantId}`
}
