import { LRUCache } from 'lru-cache'

interface Entry<V> {
  value: V
  readAtMs: number
  freshUntilMs: number
}

/** How long values are good, and what to do when they can't be read again. */
export interface CoalescedCacheOptions<K, V> {
  load: (key: K) => Promise<V>
  /** A value this old is read again when it is asked for. Infinity is for values that never change. A function says it of a load that begins now. */
  freshMs: number | (() => number)
  /** How many keys are kept, or with `sizeOf` how large their values are together; those asked for longest ago are forgotten first. */
  max: number
  /** The size of a value, a whole number. What is larger than `max` is told to those who wait for it and not kept. */
  sizeOf?: (value: V) => number
  /**
   * True for failures over which the old value is better than none; it is good for another `freshMs` then. After any other
   * failure, such as an answer that there is no such thing, the old value is forgotten.
   */
  keepsStale?: (error: unknown) => boolean
  /** A value older than this stands in for no failure. */
  staleMaxMs?: number
  now?: () => number
}

/**
 * A cache that a crowd can ask: one load a key at a time, however many wait for it. A load that fails fails all who wait, and
 * the next who asks begins another. Ages count from the beginning of a load, since the value may be as old as that; lru-cache's
 * own `ttl` counts from the end, so it is not used.
 */
export class CoalescedCache<K extends string | number, V> {
  readonly #options: CoalescedCacheOptions<K, V>
  readonly #entries: LRUCache<K, Entry<V>>
  readonly #now: () => number

  constructor(options: CoalescedCacheOptions<K, V>) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#entries = new LRUCache<K, Entry<V>>({
      // With `max` lru-cache would take the memory for all keys at once.
      maxSize: options.max,
      // Even what is nothing has a key, so its size is 1 at least.
      sizeCalculation: ({ value }) => Math.max(1, options.sizeOf?.(value) ?? 1),
      fetchMethod: (key, old) => this.#load(key, old),
      // Whoever waits for a value still gets it when it is forgotten meanwhile; only the cache does not keep it.
      ignoreFetchAbort: true,
    })
  }

  /** The value, read less than `freshMs` ago unless it can't be read. */
  async get(key: K): Promise<V> {
    const known = this.#entries.get(key)
    if (known !== undefined && this.#now() < known.freshUntilMs) return known.value
    // lru-cache shares a load that is in work already.
    const read = await this.#entries.forceFetch(key, { forceRefresh: true })
    return read.value
  }

  /** The value that is there, however old; an old one is read again for those who ask next. Waits where there is none. */
  async atHand(key: K): Promise<V> {
    const known = this.#entries.get(key)
    if (known === undefined) return this.get(key)
    if (this.#now() >= known.freshUntilMs) {
      // A failure to read it again concerns those who wait for a new value. This one is told to nobody.
      void this.get(key).catch(() => undefined)
    }
    return known.value
  }

  /** Whether there is a value, however old. */
  has(key: K): boolean {
    return this.#entries.has(key)
  }

  /** Makes the next `get` read again, even while a read is in work, since that one may be from before the change. */
  forget(key: K): void {
    this.#entries.delete(key)
  }

  async #load(key: K, old: Entry<V> | undefined): Promise<Entry<V>> {
    const { load, keepsStale, staleMaxMs = Infinity } = this.#options
    const nowMs = this.#now()
    const freshMs =
      typeof this.#options.freshMs === 'number' ? this.#options.freshMs : this.#options.freshMs()
    try {
      return { value: await load(key), readAtMs: nowMs, freshUntilMs: nowMs + freshMs }
    } catch (error) {
      const isKept = old !== undefined && nowMs - old.readAtMs <= staleMaxMs && keepsStale?.(error) === true
      if (!isKept) throw error
      return { ...old, freshUntilMs: Math.min(nowMs + freshMs, old.readAtMs + staleMaxMs) }
    }
  }
}
