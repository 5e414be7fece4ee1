import { setTimeout as delay } from 'node:timers/promises'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { EventStreams, formatEvent } from '@frontrow/service-host/event-stream'
import type { EventStream } from '@frontrow/service-host/event-stream'
import type { Logger } from '@frontrow/service-host/logger'
import type { CatalogEvents } from './events.ts'
import { seatChanges } from './seat-map.ts'
import type { SeatMaps } from './seat-maps.ts'

interface Reader {
  stream: EventStream
  /** When the queue token ends; milliseconds since the epoch, 0 for never. */
  untilMs: number
}

interface Channel {
  scheduleId: number
  readers: Set<Reader>
  /** The states that the readers were told last. */
  statuses: Uint8Array
}

/**
 * Tells readers of a schedule about its seats: first all that can't be had (`snapshot`), then what changes (`change`),
 * at the end `end`. One loop a schedule, while it has readers; each event is written as text once for all of them.
 */
export class SeatChannels {
  readonly #options: {
    seatMaps: SeatMaps
    events: CatalogEvents
    logger: Logger
    pollMs: number
    readersMax: number
  }
  readonly #streams: EventStreams
  readonly #channels = new Map<number, Channel>()
  readonly #stopping = new AbortController()

  constructor(options: {
    seatMaps: SeatMaps
    events: CatalogEvents
    logger: Logger
    pollMs: number
    readersMax: number
  }) {
    const { readersMax, events } = options
    this.#options = options
    this.#streams = new EventStreams({ max: readersMax, onCount: (open) => events.streams(open) })
  }

  /** Refuses with UNAVAILABLE past the limit of readers, or where the seats can't be read; `open` starts the answer. */
  async join(scheduleId: number, untilMs: number, open: () => EventStream): Promise<void> {
    await this.#streams.open(
      () => this.#options.seatMaps.current(scheduleId),
      ({ statuses }) => {
        const stream = open()
        // The reader may have gone while the seats were read.
        if (!stream.isClosed) this.#tell(scheduleId, { stream, untilMs }, statuses)
        return stream
      },
    )
  }

  /** Ends every stream; readers go to another instance. */
  stop(): void {
    this.#stopping.abort()
    this.#streams.close(formatEvent('end', { reason: 'STOPPING' }))
  }

  #tell(scheduleId: number, reader: Reader, statuses: Uint8Array): void {
    const channel = this.#channels.get(scheduleId) ?? this.#openChannel(scheduleId, statuses)
    channel.readers.add(reader)
    reader.stream.onClose(() => channel.readers.delete(reader))
    const allFree = new Uint8Array(channel.statuses.length)
    this.#send(reader, formatEvent('snapshot', { scheduleId, seats: seatChanges(allFree, channel.statuses) }))
  }

  #openChannel(scheduleId: number, statuses: Uint8Array): Channel {
    const channel: Channel = { scheduleId, readers: new Set(), statuses }
    this.#channels.set(scheduleId, channel)
    // The loop handles its own failures, so there is nobody to await it.
    void this.#run(channel)
    return channel
  }

  async #run(channel: Channel): Promise<void> {
    const { signal } = this.#stopping
    const failures = new FailureLog(this.#options.logger, 'seat changes could not be read')
    do {
      await delay(this.#options.pollMs, undefined, { signal }).catch(() => undefined)
      const now = Date.now()
      this.#endExpired(channel, now)
      try {
        await this.#tellChanges(channel)
        failures.succeeded()
      } catch (error) {
        failures.failed(error, { scheduleId: channel.scheduleId })
      }
      this.#beat(channel, now)
    } while (channel.readers.size > 0 && !signal.aborted)
    this.#channels.delete(channel.scheduleId)
  }

  async #tellChanges(channel: Channel): Promise<void> {
    if (channel.readers.size === 0) return
    const { statuses } = await this.#options.seatMaps.current(channel.scheduleId)
    if (statuses === channel.statuses) return
    const seats = seatChanges(channel.statuses, statuses)
    channel.statuses = statuses
    if (seats.length > 0) this.#sendAll(channel, formatEvent('change', { seats }))
  }

  #sendAll(channel: Channel, text: string): void {
    for (const reader of channel.readers) this.#send(reader, text)
  }

  #send({ stream }: Reader, text: string): void {
    if (!stream.send(text)) this.#options.events.slowReaderDropped()
  }

  #beat(channel: Channel, nowMs: number): void {
    for (const { stream } of channel.readers) {
      if (stream.isBeatDue(nowMs) && !stream.beat(nowMs)) this.#options.events.slowReaderDropped()
    }
  }

  #endExpired(channel: Channel, nowMs: number): void {
    const text = formatEvent('end', { reason: 'TOKEN_ENDED' })
    for (const { stream, untilMs } of channel.readers) {
      if (untilMs !== 0 && untilMs <= nowMs) stream.end(text)
    }
  }
}
