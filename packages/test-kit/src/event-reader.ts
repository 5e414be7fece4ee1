import { request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { eventually } from './eventually.ts'

/** One event as it came. */
export interface SentEvent {
  event: string
  /** Empty where it has none. */
  id: string
  // Each test looks at the fields of its own event.
  data: Record<string, unknown>
  /** When it was read; milliseconds of `performance.now()`. */
  atMs: number
}

/** A client of one event stream that notes all it is sent. It does not reconnect by itself. */
export class EventReader {
  readonly status: number
  readonly response: IncomingMessage
  readonly events: SentEvent[] = []
  /** Lines before the first blank one that are no event, such as `retry: 2000`, and comments. */
  readonly others: string[] = []
  /** The body of an answer that is no event stream. */
  body = ''
  ended = false
  readonly #request: ClientRequest
  #unread = ''

  private constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent
    this.response = response
    this.status = response.statusCode ?? 0
    const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      if (isStream) this.#read(text)
      else this.body += text
    })
    response.once('end', () => (this.ended = true))
    // The server has cut the connection. Then `ended` stays false.
    response.on('error', () => {})
  }

  /** Sends the request and waits for the head of its answer. */
  static open(url: string, headers: Record<string, string>): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { headers, agent: false })
      sent.once('response', (response) => resolve(new EventReader(sent, response)))
      sent.on('error', reject)
      sent.end()
    })
  }

  /** The id that a client would reconnect with. */
  get lastId(): string {
    return this.events.findLast(({ id }) => id !== '')?.id ?? ''
  }

  /** The names of the events so far. */
  get names(): string[] {
    return this.events.map((sent) => sent.event)
  }

  /** Waits for the event number `count`, from 1, and returns it. */
  event(count: number): Promise<SentEvent> {
    return eventually(() => {
      const sent = this.events[count - 1]
      if (sent === undefined) throw new Error(`only ${this.events.length} events: ${this.names.join(', ')}`)
      return sent
    })
  }

  /** Waits for the end of the stream. */
  async end(): Promise<void> {
    await eventually(() => {
      if (!this.ended) throw new Error(`still open after ${this.names.join(', ')}`)
    })
  }

  close(): void {
    this.#request.destroy()
  }

  #read(text: string): void {
    const blocks = (this.#unread + text).split('\n\n')
    this.#unread = blocks.pop() ?? ''
    for (const block of blocks) {
      const match = /^event: (\w+)\n(?:id: (\S+)\n)?data: (.*)$/.exec(block)
      if (match === null) this.others.push(block)
      else {
        const [, event = '', id = '', data = ''] = match
        this.events.push({ event, id, data: JSON.parse(data), atMs: performance.now() })
      }
    }
  }
}
