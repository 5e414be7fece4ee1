/** The shortest time within so long is looked at: it ignores the few requests that are slow by themselves. */
const WINDOW_MS = 100
/** Work has to wait for so long before anybody is refused: a stall of a second, by a collection of garbage or by another program, is no overload. */
const SUSTAINED_MS = 1_000
/** A window that took longer was a stall, and counts as much as this towards the time above. */
const WINDOW_COUNTS_MS = 2 * WINDOW_MS
/** Within so long after a refusal one window above a limit is enough, since the crowd is still there. */
const REFUSED_LATELY_MS = 5_000
/** Fewer requests at once are no crowd, however slow they are. */
export const CROWD_MIN = 20

/** The shortest waits of the last windows. */
export class ShortestWaits {
  #windowBeganMs = 0
  #shortestMs = Infinity
  /** The windows that have ended, the latest first, as far back as is looked at. */
  #windows: { waitedMs: number; countsMs: number }[] = []
  #refusedAtMs = -Infinity

  /** Nothing waits any more: what was noted says nothing of what comes next. */
  forget(nowMs: number): void {
    this.#windows = []
    this.#beginWindow(nowMs)
  }

  /** Enough for a crowd are in work: what was noted of fewer says nothing of these, unless they are those of a crowd that was refused lately. */
  crowdBegan(nowMs: number): void {
    if (!this.#isRefusedLately(nowMs)) this.forget(nowMs)
    else if (this.#shortestMs === Infinity) this.#beginWindow(nowMs)
  }

  note(waitedMs: number, nowMs: number): void {
    this.#shortestMs = Math.min(this.#shortestMs, waitedMs)
    const lengthMs = nowMs - this.#windowBeganMs
    if (lengthMs < WINDOW_MS) return
    this.#windows.unshift({ waitedMs: this.#shortestMs, countsMs: Math.min(lengthMs, WINDOW_COUNTS_MS) })
    this.#windows.length = Math.min(this.#windows.length, SUSTAINED_MS / WINDOW_MS)
    this.#beginWindow(nowMs)
  }

  /** Somebody is refused because of what was noted here, and the crowd may still be there. */
  refused(nowMs: number): void {
    this.#refusedAtMs = nowMs
  }

  /** For how long everything has waited at least, all the time that counts, in milliseconds; 0 where it has not been for so long. */
  waitedMs(nowMs: number): number {
    const sustainedMs = this.#isRefusedLately(nowMs) ? WINDOW_MS : SUSTAINED_MS
    let [shortestMs, countedMs] = [Infinity, 0]
    for (const { waitedMs, countsMs } of this.#windows) {
      shortestMs = Math.min(shortestMs, waitedMs)
      countedMs += countsMs
      if (countedMs >= sustainedMs) return shortestMs
    }
    return 0
  }

  /** How long ago the window began where nothing was noted in it; 0 where something was. */
  silentMs(nowMs: number): number {
    return this.#shortestMs === Infinity ? nowMs - this.#windowBeganMs : 0
  }

  #isRefusedLately(nowMs: number): boolean {
    return nowMs - this.#refusedAtMs <= REFUSED_LATELY_MS
  }

  #beginWindow(nowMs: number): void {
    this.#windowBeganMs = nowMs
    this.#shortestMs = Infinity
  }
}

/** How long the requests of a crowd wait, by those that have ended and by those that have not. */
export class CrowdWaits {
  readonly #waits = new ShortestWaits()
  #inWork = 0

  began(nowMs: number): void {
    if (this.#inWork === 0) this.#waits.forget(nowMs)
    this.#inWork += 1
    if (this.#inWork === CROWD_MIN) this.#waits.crowdBegan(nowMs)
  }

  ended(tookMs: number, nowMs: number): void {
    this.#inWork -= 1
    this.#waits.note(tookMs, nowMs)
  }

  refused(nowMs: number): void {
    this.#waits.refused(nowMs)
  }

  /** For how long all of the crowd have waited at least, in milliseconds; 0 while there is none, or where they have not for a second. */
  waitedMs(nowMs: number): number {
    if (this.#inWork < CROWD_MIN) return 0
    // Where nothing has ended since the window began, all in work have waited since then; the first second of that may be a stall.
    return Math.max(this.#waits.silentMs(nowMs) - SUSTAINED_MS, this.#waits.waitedMs(nowMs))
  }
}
