import { CROWD_MIN, CrowdWaits, ShortestWaits } from './crowd-waits.ts'

/** Who is refused first when a process has more to do than it can: reads (polls among them), then writes (joins, holds), then money. */
export type Urgency = 'read' | 'write' | 'money'

/** After so long without a request that was let in, earlier turns say nothing of what comes. */
const IDLE_MS = 1_000

/** Each kind is refused from this multiple of the wait on. */
const MULTIPLE: Readonly<Record<Urgency, number>> = { read: 1, write: 2, money: 3 }

/** When it refuses, and who hears of it. */
export interface OverloadOptions {
  /** Reads are refused where they would wait for longer than this, writes from twice, money from three times as long. */
  limitMs: number
  onRefused?: (urgency: Urgency) => void
  /** A clock in milliseconds; by default performance.now(). */
  now?: () => number
  /** Runs a function when the event loop has done what had arrived; by default setImmediate. */
  afterTurn?: (run: () => void) => void
}

/**
 * Says what a process should refuse, by how long requests wait. Each request is judged by what those of its own route wait for, and by how
 * long the turns of the event loop take, which everything in the process waits for; so a database that stands still keeps nobody from what
 * Redis or a cache answers. Where the shortest wait within 100 ms stays above a limit for a second, a queue stands that does not get
 * shorter by itself (the idea of CoDel), and each request that joins it makes all later ones wait. What is refused early costs little,
 * and what is served is served in time.
 */
export class Overload {
  readonly #options: OverloadOptions
  readonly #now: () => number
  readonly #afterTurn: (run: () => void) => void
  readonly #routes = new Map<string, CrowdWaits>()
  /** Whatever is measured, as one crowd. */
  readonly #measured = new CrowdWaits()
  readonly #turns = new ShortestWaits()
  #turnEndedMs = -Infinity
  #inWork = 0
  #isInTurn = false

  constructor(options: OverloadOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#afterTurn = options.afterTurn ?? setImmediate
  }

  /**
   * Notes that a request is in work; the function that is returned is called when it has ended. `route` is whose time tells how long
   * such requests wait; undefined where they wait for others by their nature.
   */
  begin(route: string | undefined): () => void {
    const beganMs = this.#now()
    this.#inWork += 1
    this.#measureTurn(beganMs)
    const crowds = route === undefined ? [] : [this.#waitsOf(route), this.#measured]
    for (const crowd of crowds) crowd.began(beganMs)
    return () => {
      const nowMs = this.#now()
      this.#inWork -= 1
      for (const crowd of crowds) crowd.ended(nowMs - beganMs, nowMs)
    }
  }

  /** Whether anybody should be refused now; as long as not, nobody is. */
  get isOverloaded(): boolean {
    const nowMs = this.#now()
    const { limitMs } = this.#options
    if (this.#turnMs(nowMs) > limitMs || this.#measured.waitedMs(nowMs) > limitMs) return true
    for (const waits of this.#routes.values()) if (waits.waitedMs(nowMs) > limitMs) return true
    return false
  }

  /** Whether a request of this kind and route is to be refused now; counts those that are. */
  refuses(urgency: Urgency, route: string | undefined): boolean {
    const nowMs = this.#now()
    const limitMs = this.#options.limitMs * MULTIPLE[urgency]
    const waits = route === undefined ? undefined : this.#routes.get(route)
    const isLoopBusy = this.#turnMs(nowMs) > limitMs
    const isRouteSlow = waits !== undefined && waits.waitedMs(nowMs) > limitMs
    // Money is not measured, since it waits for a provider and for other services. Where all else waits, it would wait for the same.
    const isAllSlow = urgency === 'money' && this.#measured.waitedMs(nowMs) > limitMs
    if (!isLoopBusy && !isRouteSlow && !isAllSlow) return false
    if (isLoopBusy) this.#turns.refused(nowMs)
    if (isRouteSlow) waits.refused(nowMs)
    if (isAllSlow) this.#measured.refused(nowMs)
    this.#options.onRefused?.(urgency)
    return true
  }

  /** From the first request that a turn of the event loop takes up to its end. What arrives meanwhile waits for that. */
  #measureTurn(beganMs: number): void {
    if (this.#isInTurn) return
    this.#isInTurn = true
    if (beganMs - this.#turnEndedMs > IDLE_MS) this.#turns.forget(beganMs)
    this.#afterTurn(() => {
      this.#isInTurn = false
      this.#turnEndedMs = this.#now()
      this.#turns.note(this.#turnEndedMs - beganMs, this.#turnEndedMs)
    })
  }

  #turnMs(nowMs: number): number {
    // Turns are measured by those who are let in, so where all are refused the refusals would otherwise never end.
    const isIdle = !this.#isInTurn && nowMs - this.#turnEndedMs > IDLE_MS
    return isIdle || this.#inWork < CROWD_MIN ? 0 : this.#turns.waitedMs(nowMs)
  }

  #waitsOf(route: string): CrowdWaits {
    const known = this.#routes.get(route)
    if (known !== undefined) return known
    const waits = new CrowdWaits()
    this.#routes.set(route, waits)
    return waits
  }
}
