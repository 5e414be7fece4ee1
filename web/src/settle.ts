import { ApiError } from '@frontrow/client/errors'
import { isWorthRepeating, repeatAfterMs } from './api.ts'
import { forgetTry, keepTry } from './kept-tries.ts'
import type { Store } from './kept-tries.ts'

/** An answer of a route that may take longer: with 202 it goes on, and the same request with the same key waits again. */
interface Answered {
  status: number
  retryAfterSeconds: number | undefined
}

/** What a person is told while a request has no end. `unknown`: nobody answered, and it may have been done all the same. */
export type Unsettled = 'slow' | 'unknown'

/** How often a request is sent whose answer does not come; with the growing waits these are some three minutes. */
const TRIES_MAX = 14

/**
 * Sends a request with its kept key until its end is known: through 202, lost connections and answers that say to come again. Its
 * key is forgotten then. Rejects with the refusal, or with the last failure when it gives up; then the key is kept, and the next try
 * with the same body goes on with this request.
 */
export async function settle<A extends Answered>({
  purpose,
  body,
  send,
  tell,
  wait = pause,
  store = sessionStorage,
}: {
  purpose: string
  body: unknown
  send: (key: string) => Promise<A>
  tell: (unsettled: Unsettled) => void
  wait?: (ms: number) => Promise<void>
  store?: Store
}): Promise<Exclude<A, { status: 202 }>> {
  const key = keepTry(purpose, body, store)
  for (let failures = 0; ;) {
    try {
      const answer = await send(key)
      if (isSettled(answer)) {
        forgetTry(purpose, store)
        return answer
      }
      failures = 0
      tell('slow')
      await wait((answer.retryAfterSeconds ?? 1) * 1_000)
    } catch (error) {
      if (error instanceof ApiError && !isWorthRepeating(error)) {
        forgetTry(purpose, store)
        throw error
      }
      failures += 1
      if (failures >= TRIES_MAX) throw error
      tell('unknown')
      await wait(repeatAfterMs(failures - 1, error))
    }
  }
}

function isSettled<A extends Answered>(answer: A): answer is Exclude<A, { status: 202 }> {
  return answer.status !== 202
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
