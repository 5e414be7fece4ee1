/**
 * The server's clock, as far as answers have told it. A fan's own clock may be wrong by minutes, and what opens or ends is decided by
 * the server's.
 */
export class ServerClock {
  #offsetMs = 0
  #isExact = false
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Milliseconds since 1970, by the server's clock; by our own before the first answer. */
  now(): number {
    return this.#now() + this.#offsetMs
  }

  /** Takes a time that a body named (`serverTime`), to the millisecond. The answer took some of it, so it is behind by that at most. */
  learn(serverTime: string): void {
    const serverMs = Date.parse(serverTime)
    if (Number.isNaN(serverMs)) return
    this.#offsetMs = serverMs - this.#now()
    this.#isExact = true
  }

  /** Takes the header Date of an answer, which knows only seconds, where nothing better is known. */
  learnDate(date: string | null, sentAtMs: number): void {
    const serverMs = Date.parse(date ?? '')
    if (Number.isNaN(serverMs) || this.#isExact) return
    this.#offsetMs = serverMs + 500 - (sentAtMs + this.#now()) / 2
  }
}

/** The one clock of the pages. */
export const serverClock = new ServerClock()
