import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@frontrow/service-host/logger'
import { refuse } from '@frontrow/proto/refusals'
import type { CatalogEvents } from './events.ts'
import { formatEvent } from './event-stream.ts'
import type { EventStream } from './event-stream.ts'
import { seatChanges } from './seat-map.ts'
import type { SeatMaps } from './seat-maps.ts'

interface Reader {
  stream: EventStream
  /** Milliseconds since the epoch; 0: no end. */
  untilMs: number
}

interface Channel {
  scheduleId: number
  readers: Set<Reader>
  /** What the readers know. */
  statuses: Uint8Array
}

const HEARTBEAT_MS = 15_000
const HEARTBEAT = ': heartbeat\n\n'

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
  readonly #channels = new Map<number, Channel>()
  readonly #stopping = new AbortController()
  #readers = 0

  constructor(options: {
    seatMaps: SeatMaps
    events: CatalogEvents
    logger: Logger
    pollMs: number
    readersMax: number
  }) {
    this.#options = options
  }

  /** Refuses with UNAVAILABLE past the limit of readers, or where the seats can't be read; `open` starts the answer. */
  async join(scheduleId: number, untilMs: number, open: () => EventStream): Promise<void> {
    if (this.#stopping.signal.aborted || this.#readers >= this.#options.readersMax) {
      throw refuse('UNAVAILABLE', 'no more event streams here now', { retryAfterSeconds: 5 })
    }
    const map = await this.#options.seatMaps.current(scheduleId)
    if (this.#stopping.signal.aborted) throw refuse('UNAVAILABLE', 'stopping', { retryAfterSeconds: 1 })
    const reader: Reader = { stream: open(), untilMs }
    // Gone while the seats were read: it will not be told of again.
    if (reader.stream.isClosed) return
    const channel = this.#channels.get(scheduleId) ?? this.#openChannel(scheduleId, map.statuses)
    channel.readers.add(reader)
    this.#count(1)
    reader.stream.onClose(() => this.#forget(channel, reader))
    const none = new Uint8Array(channel.statuses.length)
    const snapshot = formatEvent('snapshot', { scheduleId, seats: seatChanges(none, channel.statuses) })
    this.#send(channel, reader, snapshot)
  }

  /** Ends every stream; readers go to another instance. */
  stop(): void {
    this.#stopping.abort()
    for (const channel of this.#channels.values()) {
      for (const reader of channel.readers) this.#end(channel, reader, 'STOPPING')
    }
  }

  #forget(channel: Channel, reader: Reader): void {
    if (channel.readers.delete(reader)) this.#count(-1)
  }

  #count(change: number): void {
    this.#readers += change
    this.#options.events.streams(this.#readers)
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
    let beatAt = Date.now() + HEARTBEAT_MS
    let failures = 0
    do {
      await delay(this.#options.pollMs, undefined, { signal }).catch(() => undefined)
      const now = Date.now()
      this.#endExpired(channel, now)
      try {
        await this.#tellChanges(channel)
        failures = 0
      } catch (error) {
        failures += 1
        const level = failures === 1 ? 'warn' : 'debug'
        const { scheduleId } = channel
        this.#options.logger[level]({ err: error, scheduleId, failures }, 'seat changes could not be read')
      }
      if (now >= beatAt) {
        this.#sendAll(channel, HEARTBEAT)
        beatAt = now + HEARTBEAT_MS
      }
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
    for (const reader of channel.readers) this.#send(channel, reader, text)
  }

  #send(channel: Channel, reader: Reader, text: string): void {
    if (reader.stream.send(text)) return
    this.#options.events.slowReaderDropped()
    this.#forget(channel, reader)
  }

  #endExpired(channel: Channel, now: number): void {
    for (const reader of channel.readers) {
      if (reader.untilMs !== 0 && reader.untilMs <= now) this.#end(channel, reader, 'TOKEN_ENDED')
    }
  }

  // Forgotten here and not at its close, which a reader that takes nothing any more puts off.
  #end(channel: Channel, reader: Reader, reason: 'TOKEN_ENDED' | 'STOPPING'): void {
    reader.stream.end(formatEvent('end', { reason }))
    this.#forget(channel, reader)
  }
}
