import { setTimeout as delay } from 'node:timers/promises'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { EventStreams, formatEvent } from '@frontrow/service-host/event-stream'
import type { EventStream } from '@frontrow/service-host/event-stream'
import type { Logger } from '@frontrow/service-host/logger'
import type { CatalogEvents } from './events.ts'
import type { SeatMap } from './seat-map.ts'
import type { SeatMaps } from './seat-maps.ts'
import { msToNextMoment } from './showing-moments.ts'

// A timer may go off a millisecond early, when the map is not read anew yet.
const TIMER_EARLY_MS = 3

interface Channel {
  scheduleId: number
  readers: Set<EventStream>
  /** The states that the readers were told last, by their name. */
  stateId: string
  /** The event that tells all of these states; made when somebody needs it. */
  snapshot: string | undefined
}

/** What the channels need, and their limits. */
export interface SeatChannelsOptions {
  seatMaps: SeatMaps
  events: CatalogEvents
  logger: Logger
  /** Changes are told at the moments that are so far apart. */
  everyMs: number
  readersMax: number
  readersOfPersonMax?: number
}

/**
 * Tells readers of a schedule about its seats: first all that can't be had (`snapshot`), then what changes (`change`). Each event's
 * id names the states that its reader knows with it, so that one who comes back, to any instance, is told what changed since. One
 * loop a schedule, while it has readers; each event is written as text once for all of them.
 */
export class SeatChannels {
  readonly #options: SeatChannelsOptions
  readonly #streams: EventStreams
  readonly #channels = new Map<number, Channel>()
  readonly #stopping = new AbortController()

  constructor(options: SeatChannelsOptions) {
    const { readersMax, readersOfPersonMax = readersMax, events } = options
    this.#options = options
    this.#streams = new EventStreams({
      max: readersMax,
      maxOfPerson: readersOfPersonMax,
      onCount: (open) => events.streams(open),
    })
  }

  /**
   * Refuses with UNAVAILABLE past the limit of readers, with RATE_LIMITED past that of `person`, or where the seats can't be read; `open` starts the answer. `lastEventId` is
   * that of the last event that this reader got before, if any.
   */
  async join(
    scheduleId: number,
    lastEventId: string | undefined,
    open: () => EventStream,
    person?: string,
  ): Promise<void> {
    await this.#streams.open(
      () => this.#options.seatMaps.current(scheduleId),
      (map) => {
        const stream = open()
        // The reader may have gone while the seats were read.
        if (!stream.isClosed) this.#add(scheduleId, stream, map, lastEventId)
        return stream
      },
      person,
    )
  }

  /** Ends every stream; readers go to another instance. */
  stop(): void {
    this.#stopping.abort()
    this.#streams.close(formatEvent('end', { reason: 'STOPPING' }))
  }

  #add(scheduleId: number, stream: EventStream, map: SeatMap, lastEventId: string | undefined): void {
    const channel = this.#channels.get(scheduleId) ?? this.#openChannel(scheduleId, map)
    // All readers of a channel know the same states.
    this.#tellChanges(channel, map)
    channel.readers.add(stream)
    stream.onClose(() => channel.readers.delete(stream))
    const missed = lastEventId === undefined ? undefined : changesSince(map, lastEventId)
    this.#send(stream, missed ?? (channel.snapshot ??= snapshotOf(scheduleId, map)))
  }

  #openChannel(scheduleId: number, map: SeatMap): Channel {
    const channel: Channel = { scheduleId, readers: new Set(), stateId: map.stateId, snapshot: undefined }
    this.#channels.set(scheduleId, channel)
    // The loop handles its own failures, so there is nobody to await it.
    void this.#run(channel)
    return channel
  }

  async #run(channel: Channel): Promise<void> {
    const { signal } = this.#stopping
    const { logger, everyMs, seatMaps } = this.#options
    const failures = new FailureLog(logger, 'seat changes could not be read')
    do {
      const waitMs = msToNextMoment(everyMs, Date.now()) + TIMER_EARLY_MS
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
      const now = Date.now()
      try {
        if (channel.readers.size > 0) this.#tellChanges(channel, await seatMaps.current(channel.scheduleId))
        failures.succeeded()
      } catch (error) {
        failures.failed(error, { scheduleId: channel.scheduleId })
      }
      this.#beat(channel, now)
    } while (channel.readers.size > 0 && !signal.aborted)
    this.#channels.delete(channel.scheduleId)
  }

  #tellChanges(channel: Channel, map: SeatMap): void {
    if (map.stateId === channel.stateId) return
    // Where more changed than a map remembers, everything is told anew.
    const text = changesSince(map, channel.stateId) ?? snapshotOf(channel.scheduleId, map)
    channel.stateId = map.stateId
    channel.snapshot = undefined
    for (const stream of channel.readers) this.#send(stream, text)
  }

  #send(stream: EventStream, text: string): void {
    if (!stream.send(text)) this.#options.events.slowReaderDropped()
  }

  #beat(channel: Channel, nowMs: number): void {
    for (const stream of channel.readers) {
      if (stream.isBeatDue(nowMs) && !stream.beat(nowMs)) this.#options.events.slowReaderDropped()
    }
  }
}

function snapshotOf(scheduleId: number, map: SeatMap): string {
  return formatEvent(
    'snapshot',
    { scheduleId, layoutVersion: map.layoutVersion, seats: map.taken() },
    map.stateId,
  )
}

/** An event that tells the changes; empty where there are none, undefined where they are not known. */
function changesSince(map: SeatMap, stateId: string): string | undefined {
  const seats = map.changesSince(stateId)
  if (seats === undefined) return undefined
  return seats.length === 0 ? '' : formatEvent('change', { seats }, map.stateId)
}
