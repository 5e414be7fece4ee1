import { runWithoutTrace } from '@frontrow/trace-context/trace-context'

interface Waiting<C, R> {
  call: C
  settle: (result: R) => void
  fail: (error: unknown) => void
}

/**
 * Calls about the same thing that are made in one turn of the event loop, sent as one when it ends. A call waits for nothing but
 * that; of a crowd's calls dozens go together, and what a command costs here and in Redis is paid once for all of them.
 */
export class SharedCalls<K, C, R> {
  readonly #send: (key: K, calls: readonly C[]) => Promise<readonly R[]>
  readonly #most: number
  #waiting = new Map<K, Waiting<C, R>[]>()

  /** `send` answers each call, in their order; it gets `most` at a time. */
  constructor(most: number, send: (key: K, calls: readonly C[]) => Promise<readonly R[]>) {
    this.#most = most
    this.#send = send
  }

  /** The answer to one call; fails as the call does that it shares. */
  make(key: K, call: C): Promise<R> {
    return new Promise((settle, fail) => {
      if (this.#waiting.size === 0) setImmediate(() => this.#sendAll())
      const waiting = this.#waiting.get(key)
      if (waiting === undefined) this.#waiting.set(key, [{ call, settle, fail }])
      else waiting.push({ call, settle, fail })
    })
  }

  #sendAll(): void {
    const all = this.#waiting
    this.#waiting = new Map()
    // Of all who share it, not of the first.
    runWithoutTrace(() => {
      for (const [key, waiting] of all) {
        for (let from = 0; from < waiting.length; from += this.#most) {
          void this.#sendSome(key, waiting.slice(from, from + this.#most))
        }
      }
    })
  }

  async #sendSome(key: K, some: readonly Waiting<C, R>[]): Promise<void> {
    try {
      const results = await this.#send(
        key,
        some.map(({ call }) => call),
      )
      if (results.length !== some.length) {
        throw new Error(`${some.length} shared calls got ${results.length} answers`)
      }
      for (const [index, result] of results.entries()) some[index]?.settle(result)
    } catch (error) {
      for (const { fail } of some) fail(error)
    }
  }
}
