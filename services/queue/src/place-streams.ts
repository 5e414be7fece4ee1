import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { QueueContext } from './context.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import { locatePlace } from './locate-place.ts'
import { endedId, formatEvent, liveId, placeState, readEventId } from './place-events.ts'
import type { PlaceEnd } from './place-events.ts'
import { findToken } from './sql/queue-tokens.ts'
import type { TokenRow } from './sql/queue-tokens.ts'
import { hashToken } from './token-value.ts'

interface Stream {
  token: string
  userId: string | undefined
  response: ServerResponse
  scheduleId: number
  /** As seen last: at the opening of the sale it may change. */
  sequence: number
  /** What the reader knows by the events it has: the state of its place, and whether the room is paused. */
  place: string
  paused: boolean
  nextLookAtMs: number
  nextHeartbeatAtMs: number
}

/** What the streams need to know of a room. */
interface RoomNow {
  paused: boolean
  nowServing: number
  nowMs: number
}

const HEARTBEAT_MS = 15_000
const LOOK_EVERY_MAX_MS = 5_000
const LOOK_AT_ACTIVE_EVERY_MS = 1_000
const ROOMS_EVERY_MS = 500
// Looks at once, which share a few calls to Redis; also writes in one turn of the event loop.
const LOOKS_AT_ONCE = 200
const RECONNECT_MS = 2_000
// For a reader to take what it has not read when its stream ends.
const END_WITHIN_MS = 10_000
const NO_STORE = { 'Cache-Control': 'no-store' }
const HEADERS = {
  ...NO_STORE,
  'Content-Type': 'text/event-stream; charset=utf-8',
  'X-Accel-Buffering': 'no',
}

/**
 * The open event streams of this process. One round tells all of them whether their room is paused, looks at the places
 * that are due, those near the front more often, and sends what changed. A reader that is too slow to take an event is
 * dropped; it connects again and goes on from the state that it knows.
 */
export class PlaceStreams {
  readonly #ctx: QueueContext
  readonly #heartbeatMs: number
  readonly #streams = new Set<Stream>()
  #opening = 0
  #roomsToldAtMs = 0
  #stopping = false

  constructor(ctx: QueueContext, { heartbeatMs = HEARTBEAT_MS }: { heartbeatMs?: number } = {}) {
    this.#ctx = ctx
    this.#heartbeatMs = heartbeatMs
  }

  /**
   * Answers with a stream; refuses before where the token is not live or too many are open. Who comes back with the id of
   * the event it got last is told what it missed: also that its place has ended, and 204, which tells an EventSource to
   * stay away, where it knows that already.
   */
  async open(
    token: string,
    userId: string | undefined,
    response: ServerResponse,
    lastEventId = '',
  ): Promise<void> {
    if (this.#stopping || this.#streams.size + this.#opening >= this.#ctx.config.PLACE_STREAMS_MAX) {
      throw tooMany()
    }
    this.#opening += 1
    try {
      const place = await this.#look(token, userId)
      const room = await this.#room(place.scheduleId)
      // Gone meanwhile: its 'close' has been, and a stream kept for it would keep its place alive for ever.
      if (response.destroyed) return
      if (this.#stopping) throw tooMany()
      this.#start({ token, userId, response }, place, room, lastEventId)
    } catch (error) {
      if (lastEventId === '' || !isRefusal(error, 'QUEUE_TOKEN_INVALID')) throw error
      const row = await findToken(this.#ctx.pool, hashToken(token).full)
      if (row === undefined || (userId !== undefined && userId !== row.userId)) throw error
      if (!response.destroyed) this.#tellMissedEnd(row, response, lastEventId)
    } finally {
      this.#opening -= 1
    }
  }

  /** Tells all streams what is new to them; to be called again and again. */
  async round(signal: AbortSignal): Promise<void> {
    await this.#tellRooms(signal)
    const nowMs = this.#ctx.now().getTime()
    const due = [...this.#streams].filter((stream) => stream.nextLookAtMs <= nowMs)
    for (let from = 0; from < due.length && !signal.aborted; from += LOOKS_AT_ONCE) {
      await Promise.all(due.slice(from, from + LOOKS_AT_ONCE).map((stream) => this.#update(stream, nowMs)))
      // A crowd of looks can take long, above all in an outage: pauses and heartbeats do not wait for the last of them.
      if (this.#ctx.now().getTime() - this.#roomsToldAtMs >= ROOMS_EVERY_MS) {
        await this.#tellRooms(signal)
        await this.#beat(signal)
      }
    }
    await this.#beat(signal)
  }

  /** Ends all streams; their readers connect again, to another instance. */
  close(): void {
    this.#stopping = true
    for (const stream of this.#streams) this.#finish(stream)
  }

  #start(
    reader: Pick<Stream, 'token' | 'userId' | 'response'>,
    place: PlaceDescription,
    room: RoomNow | undefined,
    lastEventId: string,
  ): void {
    const id = readEventId(lastEventId)
    const known = id?.kind === 'live' && id.scheduleId === place.scheduleId ? id : undefined
    const nowMs = this.#ctx.now().getTime()
    const stream: Stream = {
      ...reader,
      scheduleId: place.scheduleId,
      sequence: place.sequence,
      place: known?.place ?? '',
      paused: known?.paused ?? false,
      nextLookAtMs: 0,
      nextHeartbeatAtMs: nowMs + this.#heartbeatMs,
    }
    this.#streams.add(stream)
    this.#ctx.events.streams(this.#streams.size)
    stream.response.once('close', () => this.#forget(stream))
    stream.response.writeHead(200, HEADERS)
    this.#write(stream, `retry: ${RECONNECT_MS}\n\n`)
    this.#tellPlace(stream, place, nowMs)
    this.#tellRoom(stream, room)
  }

  #tellMissedEnd(row: TokenRow, response: ServerResponse, lastEventId: string): void {
    const known = readEventId(lastEventId)
    if (known?.kind === 'ended' && known.scheduleId === row.scheduleId && known.sequence === row.sequence) {
      response.writeHead(204, NO_STORE).end()
    } else {
      response.writeHead(200, HEADERS).end(this.#endedEvent(endOf(row), row))
    }
  }

  async #update(stream: Stream, nowMs: number): Promise<void> {
    try {
      const place = await this.#look(stream.token, stream.userId).catch((error: unknown) => {
        if (isRefusal(error, 'QUEUE_TOKEN_INVALID')) return undefined
        throw error
      })
      if (place === undefined) await this.#end(stream)
      else this.#tellPlace(stream, place, nowMs)
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

  #tellPlace(stream: Stream, place: PlaceDescription, nowMs: number): void {
    const untilLookMs =
      place.status === 'ACTIVE'
        ? Math.min(LOOK_AT_ACTIVE_EVERY_MS, Date.parse(place.expiresAt) - Date.parse(place.serverTime))
        : Math.min(LOOK_EVERY_MAX_MS, place.pollAfterSeconds * 1_000)
    stream.nextLookAtMs = nowMs + untilLookMs
    stream.sequence = place.sequence
    const state = placeState(place)
    if (state === stream.place) return
    stream.place = state
    this.#write(stream, formatEvent('place', liveId(state, stream.paused), place))
  }

  /** Tells every stream whose room was paused or resumed: one summary a room, whatever the number of its streams. */
  async #tellRooms(signal: AbortSignal): Promise<void> {
    this.#roomsToldAtMs = this.#ctx.now().getTime()
    // Taken before the rooms are read: who comes meanwhile may know of something newer.
    const streams = [...this.#streams]
    const ids = [...new Set(streams.map((stream) => stream.scheduleId))]
    const rooms = new Map<number, RoomNow | undefined>()
    for (let from = 0; from < ids.length && !signal.aborted; from += LOOKS_AT_ONCE) {
      const some = ids.slice(from, from + LOOKS_AT_ONCE)
      await Promise.all(some.map(async (id) => void rooms.set(id, await this.#room(id))))
    }
    for (const stream of streams) {
      // Let in, or drawn another place: whoever waits stands behind what is served now.
      const served = stream.sequence <= (rooms.get(stream.scheduleId)?.nowServing ?? 0)
      if (served && stream.place.startsWith('WAITING')) stream.nextLookAtMs = 0
    }
    const news = streams.filter((stream) => {
      const room = rooms.get(stream.scheduleId)
      return room !== undefined && room.paused !== stream.paused
    })
    await inTurns(news, signal, (stream) => this.#tellRoom(stream, rooms.get(stream.scheduleId)))
  }

  #tellRoom(stream: Stream, room: RoomNow | undefined): void {
    if (room === undefined || room.paused === stream.paused) return
    stream.paused = room.paused
    const { scheduleId } = stream
    const data = { scheduleId, paused: room.paused, serverTime: new Date(room.nowMs).toISOString() }
    this.#write(stream, formatEvent('room', liveId(stream.place, room.paused), data))
  }

  /** Undefined while it can't be read: what was told stands until it can. */
  async #room(scheduleId: number): Promise<RoomNow | undefined> {
    try {
      return await this.#ctx.summaries.get(scheduleId)
    } catch (error) {
      this.#ctx.logger.debug({ err: error, scheduleId }, 'a room could not be read for its streams')
      return undefined
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const nowMs = this.#ctx.now().getTime()
    const due = [...this.#streams].filter((stream) => stream.nextHeartbeatAtMs <= nowMs)
    await inTurns(due, signal, (stream) => {
      stream.nextHeartbeatAtMs = nowMs + this.#heartbeatMs
      this.#write(stream, ': still here\n\n')
    })
  }

  async #end(stream: Stream): Promise<void> {
    const row = await findToken(this.#ctx.pool, hashToken(stream.token).full)
    // A value without a row is not the place's any more.
    this.#finish(stream, this.#endedEvent(row === undefined ? 'REISSUED' : endOf(row), row ?? stream))
  }

  #endedEvent(status: PlaceEnd, place: { scheduleId: number; sequence: number }): string {
    const { scheduleId } = place
    const data = { status, scheduleId, serverTime: this.#ctx.now().toISOString() }
    return formatEvent('ended', endedId(status, place), data)
  }

  #write(stream: Stream, text: string): void {
    // It may have been forgotten while its place was looked at; writing after the end is an error.
    if (!this.#streams.has(stream)) return
    if (stream.response.writableNeedDrain) this.#drop(stream)
    else stream.response.write(text)
  }

  #finish(stream: Stream, text = ''): void {
    if (!this.#streams.has(stream)) return
    const { response } = stream
    if (response.writableNeedDrain) {
      this.#drop(stream)
      return
    }
    this.#forget(stream)
    response.setTimeout(END_WITHIN_MS, () => response.destroy())
    response.end(text)
  }

  #drop(stream: Stream): void {
    this.#forget(stream)
    stream.response.destroy()
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream)
    this.#ctx.events.streams(this.#streams.size)
  }
}

function tooMany() {
  return refuse('UNAVAILABLE', 'too many event streams; poll instead', { retryAfterSeconds: 5 })
}

/** The row follows the room by a fraction of a second: one that still looks live has run out. */
function endOf(row: TokenRow): PlaceEnd {
  return row.status === 'WAITING' || row.status === 'ACTIVE' ? 'EXPIRED' : row.status
}

/** Lets others run between batches: thousands of writes would hold up every request of the process. */
async function inTurns(
  streams: readonly Stream[],
  signal: AbortSignal,
  visit: (stream: Stream) => void,
): Promise<void> {
  for (let from = 0; from < streams.length && !signal.aborted; from += LOOKS_AT_ONCE) {
    await nextTurn()
    for (const stream of streams.slice(from, from + LOOKS_AT_ONCE)) visit(stream)
  }
}
