import { BoundedMap } from '@frontrow/service-host/bounded-map'

interface Entry<V> {
  value: V
  freshUntilMs: number
}

/** How long values are good, and what to do when they can't be read again. */
export interface CoalescedCacheOptions<K, V> {
  load: (key: K) => Promise<V>
  freshMs: number
  max: number
  /** True for failures over which the old value is better than none. */
  keepsStale?: (error: unknown) => boolean
  now?: () => number
}

/** A cache that a crowd can ask: one load a key at a time, however many wait for it. */
export class CoalescedCache<K, V> {
  readonly #options: CoalescedCacheOptions<K, V>
  readonly #entries: BoundedMap<K, Entry<V>>
  readonly #loading = new Map<K, Promise<V>>()
  readonly #now: () => number

  constructor(options: CoalescedCacheOptions<K, V>) {
    this.#options = options
    this.#entries = new BoundedMap(options.max)
    this.#now = options.now ?? (() => Date.now())
  }

  /** The value, at most `freshMs` old unless it can't be read. */
  async get(key: K): Promise<V> {
    const entry = this.#entries.get(key)
    if (entry !== undefined && entry.freshUntilMs > this.#now()) return entry.value
    const loading = this.#loading.get(key)
    if (loading !== undefined) return loading
    const begun = this.#load(key, entry)
    this.#loading.set(key, begun)
    try {
      const value = await begun
      // Forgotten while it was read: it may be from before the change.
      if (this.#loading.get(key) === begun) {
        this.#entries.set(key, { value, freshUntilMs: this.#now() + this.#options.freshMs })
      }
      return value
    } finally {
      if (this.#loading.get(key) === begun) this.#loading.delete(key)
    }
  }

  /** The next `get` reads again, also where a read is in work. */
  forget(key: K): void {
    this.#entries.delete(key)
    this.#loading.delete(key)
  }

  async #load(key: K, old: Entry<V> | undefined): Promise<V> {
    const { load, keepsStale } = this.#options
    try {
      return await load(key)
    } catch (error) {
      if (old === undefined || keepsStale?.(error) !== true) throw error
      return old.value
    }
  }
}
