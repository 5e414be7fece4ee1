/** Who is refused first when a process has more to do than it can: reads (polls among them), then writes (joins, holds), then money. */
export type Urgency = 'read' | 'write' | 'money'

/** Work of these kinds ends as soon as the process gets to it, so the time that it takes tells how long work waits. Money waits for others. */
type MeasuredUrgency = Exclude<Urgency, 'money'>

/** The shortest time within so long is looked at: it ignores the few requests that are slow by themselves. */
const WINDOW_MS = 100
/** Work has to wait for so long before anybody is refused: a stall of a second, by a collection of garbage or by another program, is no overload. */
const SUSTAINED_MS = 1_000
/** A window that took longer was a stall, and counts as much as this towards the time above. */
const WINDOW_COUNTS_MS = 2 * WINDOW_MS
/** Within so long after a refusal one window above a limit is enough, since the crowd is still there. */
const REFUSED_LATELY_MS = 5_000
/** Fewer requests at once are no crowd, however slow they are. */
const IN_WORK_MIN = 20

/** Each kind is refused from this multiple of the wait on. */
const MULTIPLE: Readonly<Record<Urgency, number>> = { read: 1, write: 2, money: 3 }

/** How long work of one kind has taken of late. */
class WaitingTime {
  #inWork = 0
  #windowBeganMs = 0
  #shortestMs = Infinity
  /** The windows that have ended, the latest first, as far back as is looked at. */
  #windows: { waitedMs: number; countsMs: number }[] = []

  began(nowMs: number): void {
    if (this.#inWork === 0) {
      this.#windows = []
      this.#beginWindow(nowMs)
    }
    this.#inWork += 1
  }

  ended(tookMs: number, nowMs: number): void {
    this.#inWork -= 1
    this.#shortestMs = Math.min(this.#shortestMs, tookMs)
    const lengthMs = nowMs - this.#windowBeganMs
    if (lengthMs < WINDOW_MS) return
    this.#windows.unshift({ waitedMs: this.#shortestMs, countsMs: Math.min(lengthMs, WINDOW_COUNTS_MS) })
    this.#windows.length = Math.min(this.#windows.length, SUSTAINED_MS / WINDOW_MS)
    this.#beginWindow(nowMs)
  }

  /** For how long all work of the last `sustainedMs` has waited at least, in milliseconds; 0 while there is no crowd, or for less long. */
  waitedMs(nowMs: number, sustainedMs: number): number {
    if (this.#inWork < IN_WORK_MIN) return 0
    // Where nothing has ended since the window began, all in work have waited since then; the first second of that may be a stall.
    const unansweredMs = this.#shortestMs === Infinity ? nowMs - this.#windowBeganMs - SUSTAINED_MS : 0
    return Math.max(unansweredMs, this.#shortestWithin(sustainedMs))
  }

  #shortestWithin(sustainedMs: number): number {
    let [shortestMs, countedMs] = [Infinity, 0]
    for (const { waitedMs, countsMs } of this.#windows) {
      shortestMs = Math.min(shortestMs, waitedMs)
      countedMs += countsMs
      if (countedMs >= sustainedMs) return shortestMs
    }
    return 0
  }

  #beginWindow(nowMs: number): void {
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
 * Says what a process should refuse, by how long requests take that should take none. Where the shortest time within 100 ms stays above a
 * limit for a second, a queue stands that does not get shorter by itself (the idea of CoDel), and each request that joins it makes all
 * later ones wait. What is refused early costs little, and what is served is served in time.
 */
export class Overload {
  readonly #options: OverloadOptions
  readonly #now: () => number
  #refusedAtMs = -Infinity
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
    return this.#waitedMs(this.#now()) > this.#options.limitMs
  }

  /** Whether a request of this kind is to be refused now; counts those that are. */
  refuses(urgency: Urgency): boolean {
    const nowMs = this.#now()
    if (this.#waitedMs(nowMs) <= this.#options.limitMs * MULTIPLE[urgency]) return false
    this.#refusedAtMs = nowMs
    this.#options.onRefused?.(urgency)
    return true
  }

  #waitedMs(nowMs: number): number {
    const sustainedMs = nowMs - this.#refusedAtMs <= REFUSED_LATELY_MS ? WINDOW_MS : SUSTAINED_MS
    return Math.max(
      ...[this.#waiting.read, this.#waiting.write].map((waiting) => waiting.waitedMs(nowMs, sustainedMs)),
    )
  }
}
