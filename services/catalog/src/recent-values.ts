import { BoundedMap } from '@frontrow/service-host/bounded-map'

/**
 * Values by key that may be a little old: everybody who asks within `maxAgeMs` shares one load. A load that fails is
 * everybody's who waits for it, and is tried again by the next who asks.
 */
export class RecentValues<K, V> {
  readonly #load: (key: K) => Promise<V>
  readonly #maxAgeMs: number
  readonly #now: () => number
  readonly #known: BoundedMap<K, { value: Promise<V>; loadedAt: number }>

  constructor(options: {
    load: (key: K) => Promise<V>
    maxAgeMs: number
    maxKeys: number
    now?: () => number
  }) {
    this.#load = options.load
    this.#maxAgeMs = options.maxAgeMs
    this.#now = options.now ?? Date.now
    this.#known = new BoundedMap(options.maxKeys)
  }

  get(key: K): Promise<V> {
    const hit = this.#known.get(key)
    if (hit !== undefined && this.#now() - hit.loadedAt < this.#maxAgeMs) return hit.value
    // The age counts from the asking: what comes back may be as old as that.
    const entry = { value: this.#load(key), loadedAt: this.#now() }
    this.#known.set(key, entry)
    entry.value.catch(() => {
      if (this.#known.get(key) === entry) this.#known.delete(key)
    })
    return entry.value
  }

  /** The next who asks gets a new value. */
  forget(key: K): void {
    this.#known.delete(key)
  }
}
