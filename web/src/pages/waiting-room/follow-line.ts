import { ApiError } from '@frontrow/client/errors'
import { api, isRefusal } from '../../api.ts'
import { serverClock } from '../../clock.ts'
import { fetchNowServing, fetchPlace } from '../../queries.ts'
import type { Place } from '../../queries.ts'
import type { LineEvent } from './line.ts'

/** While polling, so many looks at the shared answer come between two at the own place, which keep it and notice the draw. */
const SHARED_LOOKS = 4

/** What is followed, and who is told. */
interface Followed {
  place: Place
  /** When booking opens, in milliseconds of the server's clock. */
  opensAtMs: number
  tell: (event: LineEvent) => void
  signal: AbortSignal
}

/**
 * Follows a place until it ends or `signal` aborts: by its stream, and by polls while that is broken. Rejects where the API refuses
 * for good.
 */
export async function followLine({ place, opensAtMs, tell, signal }: Followed): Promise<void> {
  const { scheduleId } = place
  let latest = place
  let polling: AbortController | undefined
  const isOpen = (): boolean => serverClock.now() >= opensAtMs
  const learnPlace = (next: Place): void => {
    latest = next
    tell({ kind: 'place', place: next, isOpen: isOpen() })
  }
  const stopPolling = (): void => {
    polling?.abort()
    polling = undefined
  }
  const startPolling = (): void => {
    if (polling !== undefined || signal.aborted) return
    polling = new AbortController()
    void poll({ latest: () => latest, isOpen, learnPlace, tell, signal: polling.signal })
  }
  signal.addEventListener('abort', stopPolling, { once: true })
  try {
    const events = api.events('/api/v1/queue/tokens/me/events', {
      params: { query: { scheduleId } },
      signal,
      onConnection: ({ state }) => {
        tell({ kind: 'connection', isLive: state === 'open' })
        if (state === 'open') stopPolling()
        else startPolling()
      },
    })
    for await (const message of events) {
      if ('serverTime' in message.data) serverClock.learn(message.data.serverTime)
      if (message.event === 'place') learnPlace(message.data)
      else if (message.event === 'room') tell({ kind: 'room', paused: message.data.paused })
      else tell({ kind: 'ended', end: message.data.status })
    }
  } catch (error) {
    // While the stream was away the place ended; nobody can say how any more.
    if (!isRefusal(error, 'QUEUE_TOKEN_INVALID', 'QUEUE_TOKEN_REQUIRED')) throw error
    tell({ kind: 'ended', end: 'EXPIRED' })
  } finally {
    stopPolling()
  }
}

interface Polled {
  latest: () => Place
  isOpen: () => boolean
  learnPlace: (place: Place) => void
  tell: (event: LineEvent) => void
  signal: AbortSignal
}

/** Asks again and again, mostly for the one answer that costs the servers almost nothing; at the front, and now and then, for the place itself. */
async function poll({ latest, isOpen, learnPlace, tell, signal }: Polled): Promise<void> {
  for (let look = 0; !signal.aborted; look += 1) {
    await pause(latest().pollAfterSeconds * 1_000, signal)
    if (signal.aborted) return
    const { scheduleId, sequence, status } = latest()
    try {
      const isOwnTurn = !isOpen() || status === 'ACTIVE' || look % (SHARED_LOOKS + 1) === SHARED_LOOKS
      const line = isOwnTurn ? undefined : await fetchNowServing(scheduleId, signal)
      if (line !== undefined) tell({ kind: 'now-serving', line, isOpen: true })
      if (line === undefined || line.nowServing >= sequence) learnPlace(await fetchPlace(scheduleId, signal))
    } catch (error) {
      if (signal.aborted) return
      if (isRefusal(error, 'QUEUE_TOKEN_INVALID', 'QUEUE_TOKEN_REQUIRED')) {
        tell({ kind: 'ended', end: 'EXPIRED' })
        return
      }
      // Nobody answers or the answer is that it is busy: the next look may do better, and the page says that it is reconnecting.
      const again = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0
      await pause(again * 1_000, signal)
    }
  }
}

/** Ends early, and quietly, when `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
