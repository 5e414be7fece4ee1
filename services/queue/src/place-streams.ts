import type { ServerResponse } from 'node:http'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { QueueContext } from './context.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import { locatePlace } from './locate-place.ts'
import { findToken } from './sql/queue-tokens.ts'
import { hashToken } from './token-value.ts'

interface Stream {
  token: string
  userId: string | undefined
  response: ServerResponse
  /** What was sent last, as far as it counts as a change. */
  sent: string
  nextLookAtMs: number
  nextHeartbeatAtMs: number
}

const HEARTBEAT_MS = 15_000
const LOOK_EVERY_MAX_MS = 5_000
// Looks at once; each is one call to Redis.
const LOOKS_AT_ONCE = 200
const RECONNECT_MS = 2_000

/**
 * The open event streams of this process. One round looks at those that are due, the ones near the front more often,
 * and sends what changed. A reader that is too slow to take an event is dropped; it connects again and starts anew.
 */
export class PlaceStreams {
  readonly #ctx: QueueContext
  readonly #streams = new Set<Stream>()
  #stopping = false

  constructor(ctx: QueueContext) {
    this.#ctx = ctx
  }

  /** Answers with a stream; refuses before where the token is not live or too many are open. */
  async open(token: string, userId: string | undefined, response: ServerResponse): Promise<void> {
    if (this.#stopping || this.#streams.size >= this.#ctx.config.PLACE_STREAMS_MAX) {
      throw refuse('UNAVAILABLE', 'too many event streams; poll instead', { retryAfterSeconds: 5 })
    }
    const place = await this.#look(token, userId)
    // Gone meanwhile: its 'close' has been, and a stream kept for it would keep its place alive for ever.
    if (response.destroyed) return
    const nowMs = this.#ctx.now().getTime()
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
    const stream: Stream = {
      token,
      userId,
      response,
      sent: '',
      nextLookAtMs: 0,
      nextHeartbeatAtMs: nowMs + HEARTBEAT_MS,
    }
    response.write(`retry: ${RECONNECT_MS}\n\n`)
    this.#streams.add(stream)
    this.#ctx.events.streams(this.#streams.size)
    response.once('close', () => this.#forget(stream))
    this.#send(stream, place, nowMs)
  }

  /** Looks at the streams that are due. */
  async round(signal: AbortSignal): Promise<void> {
    const nowMs = this.#ctx.now().getTime()
    const due = [...this.#streams].filter((stream) => stream.nextLookAtMs <= nowMs)
    for (let from = 0; from < due.length && !signal.aborted; from += LOOKS_AT_ONCE) {
      await Promise.all(due.slice(from, from + LOOKS_AT_ONCE).map((stream) => this.#update(stream, nowMs)))
    }
    for (const stream of this.#streams) {
      if (stream.nextHeartbeatAtMs > nowMs) continue
      stream.nextHeartbeatAtMs = nowMs + HEARTBEAT_MS
      this.#write(stream, ': still here\n\n')
    }
  }

  /** Ends all streams; their readers connect again, to another instance. */
  close(): void {
    this.#stopping = true
    for (const stream of this.#streams) {
      this.#forget(stream)
      stream.response.end()
    }
  }

  async #update(stream: Stream, nowMs: number): Promise<void> {
    try {
      const place = await this.#look(stream.token, stream.userId).catch((error: unknown) => {
        if (isRefusal(error, 'QUEUE_TOKEN_INVALID')) return undefined
        throw error
      })
      if (place === undefined) await this.#end(stream)
      else this.#send(stream, place, nowMs)
    } catch (error) {
      // An outage: the stream stays, and its reader hears of the next change that can be seen.
      stream.nextLookAtMs = nowMs + LOOK_EVERY_MAX_MS
      this.#ctx.logger.debug({ err: error }, 'a place could not be looked at for its stream')
    }
  }

  async #look(token: string, userId: string | undefined): Promise<PlaceDescription> {
    const { scheduleId, place } = await locatePlace(this.#ctx, token, { userId, seen: true })
    return describePlace(this.#ctx, token, scheduleId, place)
  }

  #send(stream: Stream, place: PlaceDescription, nowMs: number): void {
    const expiry = place.status === 'ACTIVE' ? place.expiresAt : ''
    const state = `${place.status} ${place.queuePosition} ${expiry}`
    stream.nextLookAtMs = nowMs + Math.min(LOOK_EVERY_MAX_MS, place.pollAfterSeconds * 1_000)
    if (place.status === 'ACTIVE') stream.nextLookAtMs = Math.min(stream.nextLookAtMs, nowMs + 1_000)
    if (state === stream.sent) return
    stream.sent = state
    this.#write(stream, `event: place\nid: ${nowMs}\ndata: ${JSON.stringify(place)}\n\n`)
  }

  async #end(stream: Stream): Promise<void> {
    const row = await findToken(this.#ctx.pool, hashToken(stream.token).full)
    if (!this.#streams.has(stream)) return
    this.#forget(stream)
    // The row follows the room by a fraction of a second: one that still looks live has run out. None: reissued.
    const live = row?.status === 'WAITING' || row?.status === 'ACTIVE'
    const status = row === undefined ? 'REISSUED' : live ? 'EXPIRED' : row.status
    stream.response.end(`event: ended\ndata: ${JSON.stringify({ status })}\n\n`)
  }

  #write(stream: Stream, text: string): void {
    // It may have been forgotten while its place was looked at; writing after the end is an error.
    if (!this.#streams.has(stream)) return
    if (stream.response.writableNeedDrain) {
      this.#forget(stream)
      stream.response.destroy()
      return
    }
    stream.response.write(text)
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream)
    this.#ctx.events.streams(this.#streams.size)
  }
}
