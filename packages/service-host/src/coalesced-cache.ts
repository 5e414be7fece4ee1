import { LRUCache } from 'lru-cache'

interface Entry<V> {
  value: V
  readAtMs: number
  freshUntilMs: number
}

/** How long values are good, and what to do when they can't be read again. */
export interface CoalescedCacheOptions<K, V> {
  load: (key: K) => Promise<V>
  /** A value of this age is read again when it is asked for. Infinity: it never changes. */
  freshMs: number
  /** Keys at most, of which those that nobody asks for are forgotten first. */
  max: number
  /**
   * True for failures over which the old value is better than none; it is good for another `freshMs` then. After any other
   * failure, such as an answer that there is no such thing, the old value is forgotten.
   */
  keepsStale?: (error: unknown) => boolean
  /** Over no failure is a value kept past this age. */
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
    this.#now = options.now ?? Date.now
    this.#entries = new LRUCache<K, Entry<V>>({
      // One for each key: for `max` keys lru-cache would take the memory at once.
      maxSize: options.max,
      sizeCalculation: () => 1,
      fetchMethod: (key, old) => this.#load(key, old),
      // Who waits for a value that is forgotten meanwhile gets it all the same; only the cache does not.
      ignoreFetchAbort: true,
    })
  }

  /** The value, read less than `freshMs` ago unless it can't be read. */
  async get(key: K): Promise<V> {
    const known = this.#entries.get(key)
    if (known !== undefined && this.#now() < known.freshUntilMs) return known.value
    // A load that is in work already is waited for.
    const read = await this.#entries.forceFetch(key, { forceRefresh: true })
    return read.value
  }

  /** The next `get` reads again, also where a read is in work: that may be from before the change. */
  forget(key: K): void {
    this.#entries.delete(key)
  }

  async #load(key: K, old: Entry<V> | undefined): Promise<Entry<V>> {
    const { load, freshMs, keepsStale, staleMaxMs = Infinity } = this.#options
    const nowMs = this.#now()
    try {
      return { value: await load(key), readAtMs: nowMs, freshUntilMs: nowMs + freshMs }
    } catch (error) {
      const isKept = old !== undefined && nowMs - old.readAtMs <= staleMaxMs && keepsStale?.(error) === true
      if (!isKept) throw error
      return { ...old, freshUntilMs: Math.min(nowMs + freshMs, old.readAtMs + staleMaxMs) }
    }
  }
}
