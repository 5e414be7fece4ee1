/** A Date that is behind by more than this, twice in a row, says that what was learnt is wrong, such as from a server that ran ahead. */
const WRONG_MS = 2_000
const SECOND_MS = 1_000

/**
 * The server's clock, as far as answers have told it. A fan's own clock may be wrong by minutes, and what opens or ends is decided by
 * the server's. An answer can only be behind, by its way or by the time that it was kept somewhere, so the latest time counts, and
 * what counts down never runs backwards for an answer that was slow.
 */
export class ServerClock {
  #offsetMs: number | undefined
  #wasBehind = false
  readonly #now: () => number

  /** `now` must not jump when a person sets their clock. */
  constructor(now: () => number = () => performance.timeOrigin + performance.now()) {
    this.#now = now
  }

  /** Milliseconds since 1970, by the server's clock; by our own before the first answer. */
  now(): number {
    return this.#now() + (this.#offsetMs ?? 0)
  }

  /** Takes a time that a body named (`serverTime`), to the millisecond. */
  learn(serverTime: string): void {
    this.#takeAtLeast(Date.parse(serverTime))
  }

  /** Takes the Date of an answer, which knows only seconds; of none that the browser may have kept from earlier. */
  learnDate(headers: Headers): void {
    const serverMs = Date.parse(headers.get('Date') ?? '')
    if (Number.isNaN(serverMs) || headers.get('Cache-Control')?.includes('max-age') === true) return
    const isBehind = serverMs + SECOND_MS + WRONG_MS < this.now()
    if (isBehind && this.#wasBehind) this.#offsetMs = undefined
    this.#wasBehind = isBehind
    this.#takeAtLeast(serverMs)
  }

  #takeAtLeast(serverMs: number): void {
    if (Number.isNaN(serverMs)) return
    this.#offsetMs = Math.max(this.#offsetMs ?? -Infinity, serverMs - this.#now())
  }
}

/** The one clock of the pages. */
export const serverClock = new ServerClock()
