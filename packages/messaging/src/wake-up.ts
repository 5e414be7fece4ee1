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

const LINGER_PER_MESSAGE_MS = 3
const LINGER_MAX_MS = 20

/**
 * How long to let messages gather before the next ones are taken, after `count` came together: none after one that was alone, and
 * up to 20 ms under load. What a produce, a fetch and a transaction cost is then paid by many.
 */
export function lingerMs(count: number): number {
  return Math.min(LINGER_MAX_MS, Math.max(0, count - 1) * LINGER_PER_MESSAGE_MS)
}
