import type { Client } from '@frontrow/client/client'
import { ApiError } from '@frontrow/client/errors'
import { pause } from '@frontrow/client/pause'
import { api, isRefusal } from '../../api.ts'
import { serverClock } from '../../clock.ts'
import { placeHeader } from '../../place-token.ts'
import { fetchNowServing, fetchPlace } from '../../queries.ts'
import type { Place } from '../../queries.ts'
import type { LineEvent } from './line.ts'

/** While polling, so many looks at the shared answer come between two at the own place, which keep it and notice the draw. */
const SHARED_LOOKS = 4
/** A stream that was refused is tried again after this, then after twice as long each time, up to the second. Polls go on meanwhile. */
const STREAM_AGAIN_MS = 5_000
const STREAM_AGAIN_MAX_MS = 60_000

/** What is followed, and who is told. */
interface Followed {
  place: Place
  /** When booking opens, in milliseconds of the server's clock. */
  opensAtMs: number
  tell: (event: LineEvent) => void
  signal: AbortSignal
  client?: Client
}

/**
 * Follows a place until it ends or `signal` aborts: by its stream, and by polls while that is broken or refused. Rejects where the API
 * says that there is nothing to follow.
 */
export async function followLine({ place, opensAtMs, tell, signal, client = api }: Followed): Promise<void> {
  const ending = new AbortController()
  const either = AbortSignal.any([signal, ending.signal])
  const follower = new Follower({ place, opensAtMs, tell, client, signal: either, end: () => ending.abort() })
  try {
    for (let refusals = 0; !either.aborted; refusals += 1) {
      try {
        await follower.followStream()
        return
      } catch (error) {
        if (either.aborted) return
        if (isRefusal(error, 'QUEUE_TOKEN_INVALID', 'QUEUE_TOKEN_REQUIRED')) {
          // While the stream was away the place ended; nobody can say how any more.
          tell({ kind: 'ended', end: 'EXPIRED' })
          return
        }
        if (isForGood(error)) throw error
        follower.startPolling()
        const againMs = Math.min(STREAM_AGAIN_MAX_MS, STREAM_AGAIN_MS * 2 ** refusals)
        await pause(againMs * (1 + Math.random() * 0.4), either)
      }
    }
  } finally {
    follower.stopPolling()
  }
}

/** Whether what is followed is not there, or not as we ask for it. A sign-in that has run out is renewed beside this. */
function isForGood(error: unknown): boolean {
  return error instanceof ApiError && error.status < 500 && ![401, 408, 429].includes(error.status)
}

class Follower {
  readonly #followed: Required<Followed> & { end: () => void }
  #latest: Place
  #polling: AbortController | undefined

  constructor(followed: Required<Followed> & { end: () => void }) {
    this.#followed = followed
    this.#latest = followed.place
  }

  /** Returns when the place has ended, or the server says that no more will come. Rejects as `events` of the client does. */
  async followStream(): Promise<void> {
    const { client, tell, signal } = this.#followed
    const events = client.events('/api/v1/queue/tokens/me/events', {
      params: { query: { scheduleId: this.#latest.scheduleId } },
      ...placeHeader(this.#latest.scheduleId),
      signal,
      onConnection: ({ state }) => {
        if (state === 'lost') return this.startPolling()
        this.stopPolling()
        tell({ kind: 'connection', isLive: true })
      },
    })
    for await (const message of events) {
      if ('serverTime' in message.data) serverClock.learn(message.data.serverTime)
      if (message.event === 'place') this.#learnPlace(message.data)
      else if (message.event === 'room') tell({ kind: 'room', paused: message.data.paused })
      else {
        const { status } = message.data
        tell({ kind: 'ended', end: status })
        // A place that was taken over by a tab of this same browser lives on here as well: its cookie is the new one.
        if (status !== 'REISSUED') return
      }
    }
  }

  /** Looks by polls until `stopPolling`, and says that what is shown may be old. */
  startPolling(): void {
    const { tell, signal } = this.#followed
    if (signal.aborted) return
    tell({ kind: 'connection', isLive: false })
    if (this.#polling !== undefined) return
    this.#polling = new AbortController()
    void this.#poll(AbortSignal.any([signal, this.#polling.signal]))
  }

  stopPolling(): void {
    this.#polling?.abort()
    this.#polling = undefined
  }

  #learnPlace(place: Place): void {
    this.#latest = place
    this.#followed.tell({ kind: 'place', place, isOpen: this.#isOpen() })
  }

  #isOpen(): boolean {
    return serverClock.now() >= this.#followed.opensAtMs
  }

  /** Asks again and again, mostly for the one answer that costs the servers almost nothing; at the front, and now and then, for the place itself. */
  async #poll(signal: AbortSignal): Promise<void> {
    const { client, tell, end } = this.#followed
    for (let look = 0; !signal.aborted; look += 1) {
      await pause(this.#latest.pollAfterSeconds * 1_000, signal)
      if (signal.aborted) return
      const { scheduleId, sequence, status } = this.#latest
      try {
        const isOwnTurn = !this.#isOpen() || status === 'ACTIVE' || look % (SHARED_LOOKS + 1) === SHARED_LOOKS
        const line = isOwnTurn ? undefined : await fetchNowServing(scheduleId, signal, client)
        if (line !== undefined) tell({ kind: 'now-serving', line, isOpen: true })
        if (line === undefined || line.nowServing >= sequence)
          this.#learnPlace(await fetchPlace(scheduleId, signal, client))
      } catch (error) {
        if (signal.aborted) return
        if (isRefusal(error, 'QUEUE_TOKEN_INVALID', 'QUEUE_TOKEN_REQUIRED')) {
          tell({ kind: 'ended', end: 'EXPIRED' })
          end()
          return
        }
        // Nobody answers or the answer is that it is busy: the next look may do better, and the page says that it is reconnecting.
        const again = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0
        await pause(again * 1_000, signal)
      }
    }
  }
}
