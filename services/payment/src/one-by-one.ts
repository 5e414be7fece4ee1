import { isDatabaseOutage } from '@frontrow/postgres/errors'

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
      if (isDatabaseOutage(error)) throw error
      await failed(item, error)
    }
  }
}
