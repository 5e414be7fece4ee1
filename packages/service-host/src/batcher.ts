import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { runWithoutTrace } from '@frontrow/trace-context/trace-context'

/** How calls are put together. */
export interface BatcherOptions<K, C, R> {
  /** Answers the calls in their order; an answer that is an Error refuses its call alone. It must end by a deadline of its own. */
  send: (key: K, calls: readonly C[]) => Promise<readonly (R | Error)[]>
  /** Calls that are sent together at most. */
  batchMax: number
  /** How long a first call waits for others to share its batch; by default to the end of this turn of the event loop. */
  lingerMs?: number
  /** Batches of one key in work at once; calls that come meanwhile share the next one. No limit by default. */
  atOnceMax?: number
  /** Calls of all keys that have no answer yet; more are refused as UNAVAILABLE. No limit by default. */
  pendingMax?: number
  /** Who has waited longer than this when a batch is taken is refused as UNAVAILABLE, unasked. No limit by default. */
  waitMaxMs?: number
}

interface Pending<C, R> {
  call: C
  /** In ms of `performance.now()`. */
  sinceMs: number
  settle: (answer: R) => void
  fail: (error: unknown) => void
}

interface Line<C, R> {
  waiting: Pending<C, R>[]
  /** Whether a timer will send those who wait. */
  isTimed: boolean
  /** Batches in work. */
  sending: number
}

/**
 * Sends calls about the same thing together, so that what one statement or command costs is paid once for all of them. A batch
 * that fails fails those who share it, and nobody else. Batches belong to no request: they run without a trace.
 */
export class Batcher<K, C, R> {
  readonly #options: Required<BatcherOptions<K, C, R>>
  readonly #lines = new Map<K, Line<C, R>>()
  #pending = 0

  constructor(options: BatcherOptions<K, C, R>) {
    this.#options = {
      lingerMs: 0,
      atOnceMax: Infinity,
      pendingMax: Infinity,
      waitMaxMs: Infinity,
      ...options,
    }
  }

  /** The answer to one call. Rejects as its batch does, with the call's own refusal, or with UNAVAILABLE past a limit. */
  add(key: K, call: C): Promise<R> {
    const { pendingMax, atOnceMax } = this.#options
    return new Promise((settle, fail) => {
      if (this.#pending >= pendingMax) {
        throw tooMany()
      }
      this.#pending += 1
      const line = this.#lines.get(key) ?? this.#openLine(key)
      line.waiting.push({ call, sinceMs: performance.now(), settle, fail })
      if (!line.isTimed && line.sending < atOnceMax) this.#sendSoon(key, line)
    })
  }

  #openLine(key: K): Line<C, R> {
    const line: Line<C, R> = { waiting: [], isTimed: false, sending: 0 }
    this.#lines.set(key, line)
    return line
  }

  #sendSoon(key: K, line: Line<C, R>): void {
    const { lingerMs } = this.#options
    const send = (): void => {
      line.isTimed = false
      runWithoutTrace(() => this.#sendWaiting(key, line))
    }
    line.isTimed = true
    if (lingerMs > 0) setTimeout(send, lingerMs)
    else setImmediate(send)
  }

  #sendWaiting(key: K, line: Line<C, R>): void {
    const { atOnceMax, batchMax } = this.#options
    if (line.sending < atOnceMax) this.#refuseLate(line)
    while (line.waiting.length > 0 && line.sending < atOnceMax) {
      void this.#sendBatch(key, line, line.waiting.splice(0, batchMax))
    }
    if (line.sending === 0 && line.waiting.length === 0) this.#lines.delete(key)
  }

  /** Their clients have given up or soon will, and those behind them still have time. */
  #refuseLate(line: Line<C, R>): void {
    const sinceMin = performance.now() - this.#options.waitMaxMs
    const inTime = line.waiting.findIndex(({ sinceMs }) => sinceMs >= sinceMin)
    const late = line.waiting.splice(0, inTime === -1 ? line.waiting.length : inTime)
    for (const { fail } of late) fail(tooMany())
    this.#pending -= late.length
  }

  async #sendBatch(key: K, line: Line<C, R>, batch: readonly Pending<C, R>[]): Promise<void> {
    line.sending += 1
    try {
      const calls = batch.map(({ call }) => call)
      const answers = await this.#options.send(key, calls)
      if (answers.length !== calls.length) {
        throw new Error(`${calls.length} calls of one batch got ${answers.length} answers`)
      }
      for (const [index, answer] of answers.entries()) {
        if (answer instanceof Error) batch[index]?.fail(answer)
        else batch[index]?.settle(answer)
      }
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
    line.sending -= 1
    this.#pending -= batch.length
    if (!line.isTimed) this.#sendWaiting(key, line)
  }
}

function tooMany(): Refusal {
  return generalRefusal('UNAVAILABLE', 'too many people ask for this at once', { retryAfterSeconds: 2 })
}
