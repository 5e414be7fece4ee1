import CircuitBreaker from 'opossum'

/** The breaker is open: the call was not made. */
export class BreakerOpenError extends Error {
  override name = 'BreakerOpenError'
}

/** Half open: one call is let through, and what becomes of it closes the breaker or opens it again. */
export type BreakerState = 'closed' | 'open' | 'half open'

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** What is called, for error messages. */
  name: string
  /** The breaker opens once more than half of at least this many calls within `rollingCountMs` failed. */
  volumeThreshold: number
  rollingCountMs: number
  /** How long an open breaker refuses every call before it tries one. */
  resetMs: number
  /** False for an error that is an answer: the other side is there. Every error is a failure by default. */
  isFailure?: (error: unknown) => boolean
  onState?: (state: BreakerState) => void
}

/** Keeps calls from a dependency that does not answer. */
export interface Breaker {
  readonly isOpen: boolean
  /** Rejects as `work` does, or with a BreakerOpenError. `work` must have a deadline of its own: the breaker sets none. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Closes the breaker without waiting for a call to succeed. */
  close(): void
  /** Ends its timers; every later `run` rejects. */
  shutdown(): void
}

/** One breaker guards one dependency for the life of the process, because each has a timer of its own. */
export function createBreaker(options: BreakerOptions): Breaker {
  const { name, isFailure, onState } = options
  const breaker = new CircuitBreaker((work: () => Promise<void>) => work(), {
    name,
    // opossum's own time-out would not cancel the work, so callers set deadlines themselves.
    timeout: false,
    volumeThreshold: options.volumeThreshold,
    errorThresholdPercentage: 50,
    rollingCountTimeout: options.rollingCountMs,
    resetTimeout: options.resetMs,
    // Nobody reads these statistics, and they would wake an idle process once a second.
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    ...(isFailure === undefined ? {} : { errorFilter: (error: unknown) => !isFailure(error) }),
  })
  if (onState !== undefined) {
    breaker.on('open', () => onState('open'))
    breaker.on('halfOpen', () => onState('half open'))
    breaker.on('close', () => onState('closed'))
  }
  return {
    get isOpen() {
      return breaker.opened
    },
    async run<T>(work: () => Promise<T>): Promise<T> {
      // opossum's types fix one type of result for all calls of a breaker, so the result leaves through a variable.
      let result: { value: T } | undefined
      try {
        await breaker.fire(async () => {
          result = { value: await work() }
        })
      } catch (error) {
        if (!isRefusedCall(error)) throw error
        throw new BreakerOpenError(`calls to ${name} fail too often`, { cause: error })
      }
      if (result === undefined) throw new Error('the breaker resolved without running the call')
      return result.value
    },
    close: () => breaker.close(),
    shutdown: () => breaker.shutdown(),
  }
}

/** Whether the call was not made: the breaker is open, or half open with another call on trial. */
function isRefusedCall(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER'
}
