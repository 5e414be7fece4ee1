import { pause } from '@frontrow/client/pause'

const AGAIN_MS = 5_000
const AGAIN_MAX_MS = 60_000
/** Some five minutes of tries; what wakes a renewal begins anew. */
const TRIES_MAX = 8

interface Renewing {
  renew: () => Promise<unknown>
  /** Called after each try that failed; returns whether another one may do better. */
  onFailure: (error: unknown) => boolean
  wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Renews a sign-in at growing intervals until it works, so that a provider that is away for a minute signs nobody out. */
export class SilentRenewal {
  readonly #renewing: Required<Renewing>
  #waiting: AbortController | undefined
  #isRunning = false

  constructor(renewing: Renewing) {
    this.#renewing = { wait: pause, ...renewing }
  }

  /** Tries at once, also where the next try was to come later. */
  start(): void {
    this.#waiting?.abort()
    if (!this.#isRunning) void this.#run()
  }

  async #run(): Promise<void> {
    const { renew, onFailure, wait } = this.#renewing
    this.#isRunning = true
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      try {
        await renew()
        break
      } catch (error) {
        if (!onFailure(error)) break
      }
      this.#waiting = new AbortController()
      const againMs = Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** tries)
      await wait(againMs * (1 + Math.random() * 0.2), this.#waiting.signal)
      this.#waiting = undefined
    }
    this.#isRunning = false
  }
}
