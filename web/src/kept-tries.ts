/** Where tries are kept: sessionStorage, which outlives a reload and belongs to one tab. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** A request that must take effect once, whatever is pressed or reloaded while its answer is unknown. */
export interface KeptTry {
  key: string
  body: unknown
}

/**
 * The Idempotency-Key for a request: the one of an earlier try with the same body whose answer is unknown still, or a new one. It is
 * kept under `purpose` until `forgetTry`, which the caller does when the answer is known.
 */
export function keepTry(purpose: string, body: unknown, store: Store = sessionStorage): string {
  const known = keptTry(purpose, store)
  if (known !== undefined && JSON.stringify(known.body) === JSON.stringify(body)) return known.key
  const key = crypto.randomUUID()
  store.setItem(nameOf(purpose), JSON.stringify({ key, body }))
  return key
}

/** The try whose answer is unknown; undefined where there is none. */
export function keptTry(purpose: string, store: Store = sessionStorage): KeptTry | undefined {
  const text = store.getItem(nameOf(purpose))
  if (text === null) return undefined
  try {
    const kept: unknown = JSON.parse(text)
    if (typeof kept !== 'object' || kept === null || !('key' in kept) || !('body' in kept)) return undefined
    return typeof kept.key === 'string' ? { key: kept.key, body: kept.body } : undefined
  } catch {
    // Somebody else wrote there. Nothing that we sent has such a key.
    return undefined
  }
}

/** Forgets a try whose answer is known: the next one is another request. */
export function forgetTry(purpose: string, store: Store = sessionStorage): void {
  store.removeItem(nameOf(purpose))
}

function nameOf(purpose: string): string {
  return `frontrow.try.${purpose}`
}
