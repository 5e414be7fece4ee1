import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isRefusal } from '@frontrow/proto/refusals'
import { EventStream, EventStreams, formatEvent } from '@frontrow/service-host/event-stream'
import type { QueueContext } from '../context.ts'
import { describePlace } from '../places/describe-place.ts'
import type { PlaceDescription } from '../places/describe-place.ts'
import { locatePlace, requireOwner } from '../places/locate-place.ts'
import type { ExpectedOwner } from '../places/locate-place.ts'
import type { TokenRow } from '../places/queue-tokens.ts'
import { hashToken } from '../places/token-value.ts'
import { endedId, liveId, placeState, readEventId } from './place-events.ts'
import type { PlaceEnd } from './place-events.ts'

interface Reader {
  stream: EventStream
  token: string
  expected: ExpectedOwner
  scheduleId: number
  /** The one seen last; the draw at the opening may change it. */
  sequence: number
  /** What the reader knows from the events it was sent: the state of its place, and whether the room is paused. */
  place: string
  paused: boolean
  nextLookAtMs: number
}

/** What the streams need to know of a room. */
interface RoomNow {
  paused: boolean
  nowServing: number
  nowMs: number
}

// With rounds ten times a second a stream ends some 1.5 s after its token was left or reissued; promised are 2 s.
const LOOK_EVERY_MAX_MS = 1_200
const LOOK_AT_ACTIVE_EVERY_MS = 1_000
const LOOK_AFTER_FAILURE_MS = 5_000
const ROOMS_EVERY_MS = 100
// So many places are looked up at once, which share a few calls to Redis. So many events are written in one turn of the event loop.
const LOOKS_AT_ONCE = 200
const RECONNECT_MS = 2_000
// This is some two hundred events of about 300 bytes each.
const UNREAD_MAX_BYTES = 64_000
const NO_STORE = { 'Cache-Control': 'no-store' }

/**
 * The open event streams of this process. One round tells all of them whether their room is paused, looks at the places
 * that are due, those near the front more often, and sends what changed. A reader that was cut off because it did not keep
 * up connects again and goes on from the state that it knows.
 */
export class PlaceStreams {
  readonly #ctx: QueueContext
  readonly #heartbeatMs: number | undefined
  readonly #streams: EventStreams
  readonly #readers = new Set<Reader>()
  #roomsToldAtMs = 0

  constructor(ctx: QueueContext, options: { heartbeatMs?: number } = {}) {
    this.#ctx = ctx
    this.#heartbeatMs = options.heartbeatMs
    this.#streams = new EventStreams({
      max: ctx.config.PLACE_STREAMS_MAX,
      maxOfPerson: ctx.config.PERSON_STREAMS_MAX,
      onCount: (open) => ctx.events.streams(open),
    })
  }

  /**
   * Answers with a stream, or refuses where the token is not live or too many streams are open. A reader that comes back with
   * the id of its last event is told what it missed, also that its place has ended. Where it knows of that end already it gets
   * 204, which tells an EventSource to stay away.
   */
  async open(
    token: string,
    expected: ExpectedOwner = {},
    response: ServerResponse,
    lastEventId = '',
  ): Promise<void> {
    try {
      await this.#streams.open(
        async () => {
          const place = await this.#look(token, expected)
          return { place, room: await this.#room(place.scheduleId) }
        },
        ({ place, room }) => this.#start({ token, expected, response }, place, room, lastEventId),
        expected.userId ?? token,
      )
    } catch (error) {
      if (lastEventId === '' || !isRefusal(error, 'QUEUE_TOKEN_INVALID')) throw error
      const row = await this.#ctx.rooms.rowOf(hashToken(token))
      if (row === undefined) throw error
      requireOwner(row, expected)
      if (!response.destroyed) this.#tellMissedEnd(row, response, lastEventId)
    }
  }

  /** Tells all streams what is new to them; to be called again and again. */
  async round(signal: AbortSignal): Promise<void> {
    await this.#tellRooms(signal)
    const nowMs = this.#ctx.now().getTime()
    const due = [...this.#readers].filter((reader) => reader.nextLookAtMs <= nowMs)
    for (let from = 0; from < due.length && !signal.aborted; from += LOOKS_AT_ONCE) {
      await Promise.all(due.slice(from, from + LOOKS_AT_ONCE).map((reader) => this.#update(reader, nowMs)))
      // Looking up a crowd can take long, above all in an outage, so pauses and heartbeats are sent between its batches.
      if (this.#ctx.now().getTime() - this.#roomsToldAtMs >= ROOMS_EVERY_MS) {
        await this.#tellRooms(signal)
        await this.#beat(signal)
      }
    }
    await this.#beat(signal)
  }

  /** Ends all streams; their readers connect again, to another instance. */
  close(): void {
    this.#streams.close()
  }

  #start(
    asked: { token: string; expected: ExpectedOwner; response: ServerResponse },
    place: PlaceDescription,
    room: RoomNow | undefined,
    lastEventId: string,
  ): EventStream {
    const { token, expected, response } = asked
    const id = readEventId(lastEventId)
    const known = id?.kind === 'live' && id.scheduleId === place.scheduleId ? id : undefined
    const nowMs = this.#ctx.now().getTime()
    const stream = new EventStream(response, {
      heartbeatMs: this.#heartbeatMs,
      retryMs: RECONNECT_MS,
      unreadMaxBytes: UNREAD_MAX_BYTES,
      nowMs,
    })
    const reader: Reader = {
      stream,
      token,
      expected,
      scheduleId: place.scheduleId,
      sequence: place.sequence,
      place: known?.place ?? '',
      paused: known?.paused ?? false,
      nextLookAtMs: 0,
    }
    this.#readers.add(reader)
    // This calls back at once where the reader has gone already. Otherwise its place would be looked up, and kept alive, for ever.
    stream.onClose(() => this.#readers.delete(reader))
    this.#tellPlace(reader, place, nowMs)
    this.#tellRoom(reader, room)
    return stream
  }

  #tellMissedEnd(row: TokenRow, response: ServerResponse, lastEventId: string): void {
    const known = readEventId(lastEventId)
    if (known?.kind === 'ended' && known.scheduleId === row.scheduleId && known.sequence === row.sequence) {
      response.writeHead(204, NO_STORE).end()
    } else {
      new EventStream(response).end(this.#endedEvent(endOf(row), row))
    }
  }

  async #update(reader: Reader, nowMs: number): Promise<void> {
    try {
      const place = await this.#look(reader.token, reader.expected).catch((error: unknown) => {
        if (isRefusal(error, 'QUEUE_TOKEN_INVALID')) return undefined
        throw error
      })
      if (place === undefined) await this.#end(reader)
      else this.#tellPlace(reader, place, nowMs)
    } catch (error) {
      // In an outage the stream stays open, and its reader is told of changes once places can be read again.
      reader.nextLookAtMs = nowMs + LOOK_AFTER_FAILURE_MS
      this.#ctx.logger.debug({ err: error }, 'a place could not be looked at for its stream')
    }
  }

  async #look(token: string, expected: ExpectedOwner): Promise<PlaceDescription> {
    const { scheduleId, place } = await locatePlace(this.#ctx, token, expected)
    return describePlace(this.#ctx, token, scheduleId, place)
  }

  #tellPlace(reader: Reader, place: PlaceDescription, nowMs: number): void {
    const untilLookMs =
      place.status === 'ACTIVE'
        ? Math.min(LOOK_AT_ACTIVE_EVERY_MS, Date.parse(place.expiresAt) - Date.parse(place.serverTime))
        : Math.min(LOOK_EVERY_MAX_MS, place.pollAfterSeconds * 1_000)
    reader.nextLookAtMs = nowMs + untilLookMs
    reader.sequence = place.sequence
    const state = placeState(place)
    if (state === reader.place) return
    reader.place = state
    reader.stream.send(formatEvent('place', place, liveId(state, reader.paused)))
  }

  /** Tells every stream whose room was paused or resumed: one summary a room, whatever the number of its streams. */
  async #tellRooms(signal: AbortSignal): Promise<void> {
    this.#roomsToldAtMs = this.#ctx.now().getTime()
    // The readers are listed before the rooms are read, since one that comes later may know of a newer state than was read.
    const readers = [...this.#readers]
    const ids = [...new Set(readers.map((reader) => reader.scheduleId))]
    const rooms = new Map<number, RoomNow | undefined>()
    for (let from = 0; from < ids.length && !signal.aborted; from += LOOKS_AT_ONCE) {
      const some = ids.slice(from, from + LOOKS_AT_ONCE)
      await Promise.all(some.map(async (id) => void rooms.set(id, await this.#room(id))))
    }
    for (const reader of readers) {
      // Whoever waits has a sequence above the one served now. A lower one was let in or drawn anew, so it is looked up at once.
      const served = reader.sequence <= (rooms.get(reader.scheduleId)?.nowServing ?? 0)
      if (served && reader.place.startsWith('WAITING')) reader.nextLookAtMs = 0
    }
    const toTell = readers.filter((reader) => {
      const room = rooms.get(reader.scheduleId)
      return room !== undefined && room.paused !== reader.paused
    })
    await inTurns(toTell, signal, (reader) => this.#tellRoom(reader, rooms.get(reader.scheduleId)))
  }

  #tellRoom(reader: Reader, room: RoomNow | undefined): void {
    if (room === undefined || room.paused === reader.paused) return
    reader.paused = room.paused
    const { scheduleId } = reader
    const data = { scheduleId, paused: room.paused, serverTime: new Date(room.nowMs).toISOString() }
    reader.stream.send(formatEvent('room', data, liveId(reader.place, room.paused)))
  }

  /** The state of a room; undefined while it can't be read, and then its readers are told nothing new. */
  async #room(scheduleId: number): Promise<RoomNow | undefined> {
    try {
      return await this.#ctx.rooms.summaryNow(scheduleId)
    } catch (error) {
      this.#ctx.logger.debug({ err: error, scheduleId }, 'a room could not be read for its streams')
      return undefined
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const nowMs = this.#ctx.now().getTime()
    const due = [...this.#readers].filter(({ stream }) => stream.isBeatDue(nowMs))
    await inTurns(due, signal, ({ stream }) => void stream.beat(nowMs))
  }

  async #end(reader: Reader): Promise<void> {
    const row = await this.#ctx.rooms.rowOf(hashToken(reader.token))
    // A token value that no row has any more was replaced by a reissue.
    reader.stream.end(this.#endedEvent(row === undefined ? 'REISSUED' : endOf(row), row ?? reader))
  }

  #endedEvent(status: PlaceEnd, place: { scheduleId: number; sequence: number }): string {
    const { scheduleId } = place
    const data = { status, scheduleId, serverTime: this.#ctx.now().toISOString() }
    return formatEvent('ended', data, endedId(status, place))
  }
}

/** How a place ended. One that still looks live was not ended yet by a round of admission. */
function endOf(row: TokenRow): PlaceEnd {
  return row.status === 'WAITING' || row.status === 'ACTIVE' ? 'EXPIRED' : row.status
}

/** Lets other work run between batches, because thousands of writes would hold up every request of the process. */
async function inTurns(
  readers: readonly Reader[],
  signal: AbortSignal,
  visit: (reader: Reader) => void,
): Promise<void> {
  for (let from = 0; from < readers.length && !signal.aborted; from += LOOKS_AT_ONCE) {
    await nextTurn()
    for (const reader of readers.slice(from, from + LOOKS_AT_ONCE)) visit(reader)
  }
}
