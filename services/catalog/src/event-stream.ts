import type { ServerResponse } from 'node:http'

// More than one snapshot of the largest schedule (0.32 MB at 10,000 seats), and little enough for thousands of readers.
const UNREAD_MAX_BYTES = 1_000_000
// For a reader to take what it has not read when its stream ends.
const END_WITHIN_MS = 10_000

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

  /** Whether the reader is gone; its `onClose` may have been before it was registered. */
  get isClosed(): boolean {
    return this.#response.destroyed
  }

  /** False when the reader was cut off, now or before, or the stream has ended. */
  send(text: string): boolean {
    if (this.#response.destroyed || this.#response.writableEnded) return false
    if (this.#response.writableLength > UNREAD_MAX_BYTES) {
      this.#response.destroy()
      return false
    }
    this.#response.write(text)
    return true
  }

  /** Ends the answer with a last event; a reader that has taken nothing for 10 s by then is cut off. */
  end(text: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return
    this.#response.setTimeout(END_WITHIN_MS, () => this.#response.destroy())
    this.#response.end(text)
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener)
  }
}
