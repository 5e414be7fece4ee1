import type { Store } from '../../browser-store.ts'
import { forgetTry, keptTry } from '../../kept-tries.ts'

/** How long a ticket that is shown again gets the answer that was lost. A copy of it may be shown later, and must not be let in by that. */
const SAME_PERSON_MS = 2 * 60_000

/** Keeps the tries of a door while it is open. Codes of tickets let people in, so none is written to the browser's disk. */
export function doorStore(): Store {
  const kept = new Map<string, string>()
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  }
}

/** Forgets a try of this ticket that is too old for the person who holds it now. */
export function forgetOldTry(purpose: string, store: Store, nowMs: number): void {
  const kept = keptTry(purpose, store, nowMs)
  if (kept !== undefined && nowMs - kept.beganAt >= SAME_PERSON_MS) forgetTry(purpose, kept.key, store)
}
