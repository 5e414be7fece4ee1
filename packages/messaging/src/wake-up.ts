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
