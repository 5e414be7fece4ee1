/** Something that sleeps between rounds and can be told that there is work now. */
export interface WakeUp {
  wake(): void
}

/** A wait that ends early when `wake` is called; a wake that comes before the wait is not lost. */
export class Alarm implements WakeUp {
  #rung = false
  #resolve: (() => void) | undefined

  wake(): void {
    this.#rung = true
    this.#resolve?.()
  }

  /** Resolves after `ms` at the latest. One waiter at a time. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#resolve = resolve
        timer = setTimeout(resolve, ms)
      })
      clearTimeout(timer)
      this.#resolve = undefined
    }
    this.#rung = false
  }
}

/** How long messages may gather. */
export interface Lingering {
  readonly perMessageMs: number
  readonly maxMs: number
}

/** For messages that somebody's answer waits for. */
export const PROMPT: Lingering = { perMessageMs: 3, maxMs: 20 }
/** For messages that nobody waits for. */
export const PATIENT: Lingering = { perMessageMs: 20, maxMs: 100 }

/**
 * How long to let messages gather before the next ones are taken, after `count` came together: none after one that was alone, and
 * up to 20 ms under load, or 100 ms where nobody waits. What a produce, a fetch and a transaction cost is then paid by many.
 */
export function lingerMs(count: number, { perMessageMs, maxMs }: Lingering = PROMPT): number {
  return Math.min(maxMs, Math.max(0, count - 1) * perMessageMs)
}
