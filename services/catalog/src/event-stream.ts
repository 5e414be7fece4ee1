import type { ServerResponse } from 'node:http'

// More than one snapshot of the largest schedule (0.32 MB at 10,000 seats), and little enough for thousands of readers.
const UNREAD_MAX_BYTES = 1_000_000

/** One event as Server-Sent Events write it; made once for all who get it. */
export function formatEvent(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** One reader of Server-Sent Events. A reader that does not keep up is cut off; it comes back by itself. */
export class EventStream {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
    response.flushHeaders()
  }

  /** False when the reader was cut off, now or before. */
  send(text: string): boolean {
    if (this.#response.destroyed) return false
    if (this.#response.writableLength > UNREAD_MAX_BYTES) {
      this.#response.destroy()
      return false
    }
    this.#response.write(text)
    return true
  }

  /** Ends the answer with a last event. */
  end(text: string): void {
    this.#response.end(text)
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener)
  }
}
