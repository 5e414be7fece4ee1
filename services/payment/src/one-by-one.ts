import { isDatabaseTimeout, isDatabaseUnavailable } from '@frontrow/postgres/errors'

/** The database is the cause, so that whatever else is tried now would fail as well, after as long a wait. */
export function isOutage(error: unknown): boolean {
  return isDatabaseUnavailable(error) || isDatabaseTimeout(error)
}

/**
 * Does one after the other what could not be done together, so that only the bad ones fail: each is given to `failed` with its error.
 * Rejects at the first outage, and leaves the rest undone.
 */
export async function oneByOne<T>(
  items: readonly T[],
  act: (item: T) => Promise<void>,
  failed: (item: T, error: unknown) => Promise<void> | void,
): Promise<void> {
  for (const item of items) {
    try {
      await act(item)
    } catch (error) {
      if (isOutage(error)) throw error
      await failed(item, error)
    }
  }
}
