import type { ServerResponse } from 'node:http'
import { generalRefusal } from '@frontrow/refusals/general-refusals'

const HEARTBEAT_MS = 15_000
const HEARTBEAT = ': still here\n\n'
const UNREAD_MAX_BYTES = 1_000_000
// A reader gets this long to take what it has not read when its stream ends.
const END_WITHIN_MS = 10_000

/** One event as Server-Sent Events write it; made once for all who get it. */
export function formatEvent(event: string, data: object, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`
}

/** How one stream is kept. */
export interface EventStreamOptions {
  /** How long the reader is told to wait before it connects again; by default the browser decides. */
  retryMs?: number
  /** How often `isBeatDue` says so; every 15 s by default. */
  heartbeatMs?: number | undefined
  /** What a reader may leave unread; it must hold the largest event. 1 MB by default. */
  unreadMaxBytes?: number
  /** By the clock that `isBeatDue` is asked with; by default Date.now(). */
  nowMs?: number
}

/** One reader of Server-Sent Events. A reader that does not keep up is cut off; it connects again by itself. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #heartbeatMs: number
  readonly #unreadMaxBytes: number
  readonly #closeListeners: (() => void)[] = []
  #isClosed = false
  #nextBeatAtMs: number

  /** Begins the answer. */
  constructor(response: ServerResponse, options: EventStreamOptions = {}) {
    this.#response = response
    this.#heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS
    this.#unreadMaxBytes = options.unreadMaxBytes ?? UNREAD_MAX_BYTES
    this.#nextBeatAtMs = (options.nowMs ?? Date.now()) + this.#heartbeatMs
    response.once('close', () => this.#close())
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // The gateway passes events on as they come.
      'X-Accel-Buffering': 'no',
    })
    if (options.retryMs === undefined) response.flushHeaders()
    else this.send(`retry: ${options.retryMs}\n\n`)
  }

  /** Whether nothing can be sent any more: the stream was ended or cut off, or its reader is gone. */
  get isClosed(): boolean {
    return this.#isClosed || this.#response.destroyed
  }

  /** Calls `listener` as soon as nothing can be sent any more, which may be now. */
  onClose(listener: () => void): void {
    if (this.isClosed) listener()
    else this.#closeListeners.push(listener)
  }

  /** False when the reader was cut off, now or before, or the stream has ended. */
  send(text: string): boolean {
    if (this.isClosed) return false
    if (this.#response.writableLength > this.#unreadMaxBytes) {
      this.#close()
      this.#response.destroy()
      return false
    }
    this.#response.write(text)
    return true
  }

  isBeatDue(nowMs: number): boolean {
    return nowMs >= this.#nextBeatAtMs
  }

  /** Sends a comment, so that nobody on the way takes a quiet stream for a dead one. Answers as `send` does. */
  beat(nowMs: number): boolean {
    this.#nextBeatAtMs = nowMs + this.#heartbeatMs
    return this.send(HEARTBEAT)
  }

  /** Ends the answer with a last text; a reader that then takes nothing for 10 s is cut off. */
  end(text = ''): void {
    if (this.isClosed) return
    this.#close()
    this.#response.setTimeout(END_WITHIN_MS, () => this.#response.destroy())
    this.#response.end(text)
  }

  #close(): void {
    this.#isClosed = true
    for (const listener of this.#closeListeners.splice(0)) listener()
  }
}

/** How many streams there may be. */
interface EventStreamsOptions {
  max: number
  /** Of one person; without it as many as of all. */
  maxOfPerson?: number
  /** Told how many are open after each change. */
  onCount: (open: number) => void
}

/** The open event streams of one kind in this process. */
export class EventStreams {
  readonly #options: EventStreamsOptions
  readonly #ofPerson = new Map<string, number>()
  readonly #streams = new Set<EventStream>()
  #opening = 0
  #isClosed = false

  constructor(options: EventStreamsOptions) {
    this.#options = options
  }

  /**
   * Opens one more: `start` begins the answer with what `prepare` has read. Refuses with UNAVAILABLE where `max` are open or
   * being opened, and at the stop, and with RATE_LIMITED where `person` has too many; rejects as `prepare` does.
   */
  async open<T>(prepare: () => Promise<T>, start: (prepared: T) => EventStream, person = ''): Promise<void> {
    if (this.#isClosed || this.#streams.size + this.#opening >= this.#options.max) throw noMoreStreams()
    const { maxOfPerson = Infinity } = this.#options
    if (person !== '' && (this.#ofPerson.get(person) ?? 0) >= maxOfPerson) throw tooManyOfOne(maxOfPerson)
    this.#opening += 1
    this.#count(person, 1)
    try {
      const prepared = await prepare()
      if (this.#isClosed) throw noMoreStreams()
      const stream = start(prepared)
      this.#count(person, 1)
      stream.onClose(() => this.#count(person, -1))
      this.#add(stream)
    } finally {
      this.#opening -= 1
      this.#count(person, -1)
    }
  }

  /** Ends every stream with a last text, and opens no more. Readers connect again, to another instance. */
  close(text = ''): void {
    this.#isClosed = true
    for (const stream of this.#streams) stream.end(text)
  }

  #count(person: string, change: 1 | -1): void {
    const open = (this.#ofPerson.get(person) ?? 0) + change
    if (open === 0) this.#ofPerson.delete(person)
    else this.#ofPerson.set(person, open)
  }

  #add(stream: EventStream): void {
    this.#streams.add(stream)
    this.#options.onCount(this.#streams.size)
    stream.onClose(() => {
      this.#streams.delete(stream)
      this.#options.onCount(this.#streams.size)
    })
  }
}

function tooManyOfOne(max: number): Error {
  return generalRefusal(
    'RATE_LIMITED',
    `at most ${max} event streams of one person here; close one, or poll`,
    {
      retryAfterSeconds: 5,
    },
  )
}

function noMoreStreams(): Error {
  return generalRefusal('UNAVAILABLE', 'no more event streams here now; poll instead', {
    retryAfterSeconds: 5,
  })
}
