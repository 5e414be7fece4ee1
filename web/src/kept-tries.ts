import { tabStore } from './browser-store.ts'
import type { Store } from './browser-store.ts'

/** A request that must take effect once, whatever is pressed or reloaded while its answer is unknown. */
export interface KeptTry {
  key: string
  body: unknown
  /** When it was first sent, in ms since 1970 by this browser's clock. */
  beganAt: number
  /** Whether nothing asks for its end any more: only a press does then. */
  isGivenUp: boolean
}

/** How long a try is kept. The API knows keys for 72 h; sent after that it would be a new request. */
const KEPT_MS = 71 * 3_600_000
/** How old a try may be that goes on by itself after a reload. What is older was pressed by somebody who may have forgotten it. */
const GOES_ON_MS = 5 * 60_000

/**
 * The try that a request is sent as: an earlier one with the same body whose answer is unknown still, or a new one. It is kept under
 * `purpose` until `forgetTry`, which the caller does when the answer is known. Throws while the end of one with another body is unknown.
 */
export function keepTry(
  purpose: string,
  body: unknown,
  store: Store = tabStore,
  nowMs: number = Date.now(),
): { key: string; isNew: boolean } {
  const known = keptTry(purpose, store, nowMs)
  if (known !== undefined && JSON.stringify(known.body) !== JSON.stringify(body)) {
    throw new Error(`the end of an earlier request is unknown: ${purpose}`)
  }
  const kept = { ...(known ?? { key: crypto.randomUUID(), body, beganAt: nowMs }), isGivenUp: false }
  store.setItem(nameOf(purpose), JSON.stringify(kept))
  return { key: kept.key, isNew: known === undefined }
}

/** The try whose answer is unknown; undefined where there is none, or none that the API still knows. */
export function keptTry(
  purpose: string,
  store: Store = tabStore,
  nowMs: number = Date.now(),
): KeptTry | undefined {
  const text = store.getItem(nameOf(purpose))
  if (text === null) return undefined
  try {
    const kept: unknown = JSON.parse(text)
    if (typeof kept !== 'object' || kept === null || !('body' in kept)) return undefined
    const { key, beganAt, isGivenUp, body } = Object.fromEntries(Object.entries(kept))
    if (typeof key !== 'string' || typeof beganAt !== 'number' || nowMs - beganAt >= KEPT_MS) return undefined
    return { key, body, beganAt, isGivenUp: isGivenUp === true }
  } catch {
    // Somebody else wrote there. Nothing that we sent has such a key.
    return undefined
  }
}

/** Whether a try that a reload cut off goes on without a press. */
export function goesOnByItself({ isGivenUp, beganAt }: KeptTry, nowMs: number = Date.now()): boolean {
  return !isGivenUp && nowMs - beganAt < GOES_ON_MS
}

/** Notes that nothing asks for the end of this try any more. */
export function giveUpTry(purpose: string, key: string, store: Store = tabStore): void {
  const known = keptTry(purpose, store)
  if (known?.key === key) store.setItem(nameOf(purpose), JSON.stringify({ ...known, isGivenUp: true }))
}

/** Forgets a try whose answer is known: the next one is another request. */
export function forgetTry(purpose: string, key: string | undefined, store: Store = tabStore): void {
  if (keptTry(purpose, store)?.key === key || key === undefined) store.removeItem(nameOf(purpose))
}

function nameOf(purpose: string): string {
  return `frontrow.try.${purpose}`
}
