import { setTimeout as delay } from 'node:timers/promises'

/** How long and how often an assertion is tried. */
export interface EventuallyOptions {
  withinMs?: number
  everyMs?: number
}

/**
 * Tries an assertion until it holds, and returns what it returned. When the deadline passes, the error it failed with
 * last is thrown, so that the test reports what was seen and not just that time ran out.
 */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  { withinMs = 60_000, everyMs = 25 }: EventuallyOptions = {},
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    try {
      return await assertion()
    } catch (error) {
      if (Date.now() >= deadline) throw error
    }
    await delay(everyMs)
  }
}
