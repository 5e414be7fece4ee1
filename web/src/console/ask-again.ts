import { ApiError } from '@frontrow/client/errors'

/** What is known of a question that is asked again and again; times in milliseconds since 1970, 0 for never. */
interface Asked {
  status: 'pending' | 'error' | 'success'
  error: Error | null
  dataUpdatedAt: number
  errorUpdatedAt: number
}

const FAILED_MIN_MS = 2_000
const FAILED_MAX_MS = 15_000

/**
 * How long to wait before a question is asked again. While it fails it is asked less often the longer that lasts, and never before the
 * API said to come again (at most a minute); an API that comes back is found within 15 s else.
 */
export function askAgainAfterMs(
  { status, error, dataUpdatedAt, errorUpdatedAt }: Asked,
  everyMs: number,
): number {
  if (status !== 'error') return everyMs
  const failingMs = dataUpdatedAt === 0 ? 4 * FAILED_MIN_MS : errorUpdatedAt - dataUpdatedAt
  const askedMs = error instanceof ApiError ? Math.min(60, error.retryAfterSeconds ?? 0) * 1_000 : 0
  return Math.max(askedMs, Math.min(FAILED_MAX_MS, Math.max(everyMs, FAILED_MIN_MS, failingMs / 2)))
}
