/** The pauses have ended: thrown to those who wait, and to those who want to wait afterwards. */
export class PausesEnded extends Error {
  override name = 'PausesEnded'
}

/** Pauses are rounded up to this, because Node keeps one list for all timers of one length: few lengths, few lists. */
const GRAIN_MS = 20

/**
 * Pauses of a crowd, which can all be ended at once. An AbortSignal would do the same, but thousands of listeners on one
 * signal cost more than the pauses.
 */
export class Pauses {
  readonly #waiting = new Map<(error: PausesEnded) => void, NodeJS.Timeout>()
  #ended = false

  get ended(): boolean {
    return this.#ended
  }

  /** Rejects with PausesEnded at the end. */
  pause(ms: number): Promise<void> {
    if (this.#ended) return Promise.reject(new PausesEnded())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          this.#waiting.delete(reject)
          resolve()
        },
        Math.ceil(ms / GRAIN_MS) * GRAIN_MS,
      )
      this.#waiting.set(reject, timer)
    })
  }

  end(): void {
    this.#ended = true
    for (const [reject, timer] of this.#waiting) {
      clearTimeout(timer)
      reject(new PausesEnded())
    }
    this.#waiting.clear()
  }
}
