/** Who is refused first when a process has more to do than it can: reads (polls among them), then writes (joins, holds), then money. */
export type Urgency = 'read' | 'write' | 'money'

/** Work of these kinds ends as soon as the process gets to it, so the time that it takes tells how long work waits. Money waits for others. */
type MeasuredUrgency = Exclude<Urgency, 'money'>

/** The shortest time within so long is looked at: it ignores the few requests that are slow by themselves. */
const WINDOW_MS = 100
/** Fewer requests at once are no crowd, however slow they are. */
const IN_WORK_MIN = 20

/** Each kind is refused from this multiple of the wait on. */
const MULTIPLE: Readonly<Record<Urgency, number>> = { read: 1, write: 2, money: 3 }

/** How long work of one kind has taken of late. */
class WaitingTime {
  #inWork = 0
  #windowBeganMs = 0
  #shortestMs = Infinity
  #waitedMs = 0

  began(nowMs: number): void {
    if (this.#inWork === 0) this.#newWindow(nowMs, 0)
    this.#inWork += 1
  }

  ended(tookMs: number, nowMs: number): void {
    this.#inWork -= 1
    this.#shortestMs = Math.min(this.#shortestMs, tookMs)
    if (nowMs - this.#windowBeganMs >= WINDOW_MS) this.#newWindow(nowMs, this.#shortestMs)
  }

  /** In milliseconds; 0 while there is no crowd. */
  waitedMs(nowMs: number): number {
    if (this.#inWork < IN_WORK_MIN) return 0
    // Where nothing has ended since the window began, all in work have waited for at least as long.
    return this.#shortestMs === Infinity
      ? Math.max(this.#waitedMs, nowMs - this.#windowBeganMs)
      : this.#waitedMs
  }

  #newWindow(nowMs: number, waitedMs: number): void {
    this.#waitedMs = waitedMs
    this.#windowBeganMs = nowMs
    this.#shortestMs = Infinity
  }
}

/** When it refuses, and who hears of it. */
export interface OverloadOptions {
  /** Reads are refused while work waits for longer than this, writes from twice, money from three times as long. */
  limitMs: number
  onRefused?: (urgency: Urgency) => void
  /** A clock in milliseconds; by default performance.now(). */
  now?: () => number
}

/**
 * Says what a process should refuse, by how long requests take that should take none. While the shortest time within 100 ms is
 * above a limit, a queue stands that does not get shorter by itself (the idea of CoDel), and each request that joins it makes all later
 * ones wait. What is refused early costs little, and what is served is served in time.
 */
export class Overload {
  readonly #options: OverloadOptions
  readonly #now: () => number
  readonly #waiting: Readonly<Record<MeasuredUrgency, WaitingTime>> = {
    read: new WaitingTime(),
    write: new WaitingTime(),
  }

  constructor(options: OverloadOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** Notes that a request is in work; the function that is returned is called when it has ended. */
  begin(urgency: MeasuredUrgency): () => void {
    const beganMs = this.#now()
    const waiting = this.#waiting[urgency]
    waiting.began(beganMs)
    return () => {
      const nowMs = this.#now()
      waiting.ended(nowMs - beganMs, nowMs)
    }
  }

  /** Whether the least urgent requests should be refused now; as long as not, none is. */
  get isOverloaded(): boolean {
    return this.#waitedMs() > this.#options.limitMs
  }

  /** Whether a request of this kind is to be refused now; counts those that are. */
  refuses(urgency: Urgency): boolean {
    const isRefused = this.#waitedMs() > this.#options.limitMs * MULTIPLE[urgency]
    if (isRefused) this.#options.onRefused?.(urgency)
    return isRefused
  }

  #waitedMs(): number {
    const nowMs = this.#now()
    return Math.max(this.#waiting.read.waitedMs(nowMs), this.#waiting.write.waitedMs(nowMs))
  }
}
