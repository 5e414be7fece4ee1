import { useQuery } from '@tanstack/react-query'
import type { QueryClient } from '@tanstack/react-query'
import { useServerNow } from '../use-server-now.ts'
import { askAgainAfterMs } from './ask-again.ts'

/** A question that is asked again and again. */
export interface LiveQuestion<T> {
  queryKey: readonly (string | number)[]
  queryFn: (context: { client: QueryClient; signal: AbortSignal }) => Promise<T>
}

/** What a console watches: the newest answer, and whether it still tells of now. */
export interface Live<T> {
  data: T | undefined
  /** When the newest answer came, in milliseconds since 1970, where it is too old to be shown as if it told of now. */
  staleSince: number | undefined
  /** Why the last question failed; null where it did not. */
  error: Error | null
  retry: () => void
}

/** Questions of a console are asked again anyway, so none is waited for as long as a fan's. */
export const LIVE_TIMEOUT_MS = 5_000
/** An answer that is this much older than it should be is said to be old. */
const STALE_AFTER_MS = 2_500

/**
 * Asks again and again while the page is seen; less often while the API is away or says that it is asked too much. Nothing is asked by
 * a hidden page, which asks at once when it is seen again.
 */
export function useLive<T>(question: LiveQuestion<T>, everyMs = 1_000, isEnabled = true): Live<T> {
  const query = useQuery({
    ...question,
    enabled: isEnabled,
    staleTime: 0,
    gcTime: 10 * 60_000,
    retry: false,
    refetchOnReconnect: true,
    // They hold ten minutes of the past, and are anew each second anyway.
    structuralSharing: false,
    refetchInterval: ({ state }) => askAgainAfterMs(state, everyMs),
  })
  useServerNow()
  const isStale = query.data !== undefined && Date.now() - query.dataUpdatedAt > everyMs + STALE_AFTER_MS
  return {
    data: query.data,
    staleSince: isEnabled && isStale ? query.dataUpdatedAt : undefined,
    error: query.error,
    retry: () => void query.refetch(),
  }
}
