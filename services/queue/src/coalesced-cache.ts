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
    const load = this.#load(key, entry).finally(() => this.#loading.delete(key))
    this.#loading.set(key, load)
    return load
  }

  /** The next `get` reads again. */
  forget(key: K): void {
    this.#entries.delete(key)
  }

  async #load(key: K, old: Entry<V> | undefined): Promise<V> {
    const { load, freshMs, keepsStale } = this.#options
    const remember = (value: V): V => {
      this.#entries.set(key, { value, freshUntilMs: this.#now() + freshMs })
      return value
    }
    try {
      return remember(await load(key))
    } catch (error) {
      if (old === undefined || keepsStale?.(error) !== true) throw error
      return remember(old.value)
    }
  }
}
