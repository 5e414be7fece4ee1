/** Says on standard error why something that is done again and again fails: once, and again when it fails otherwise or after it went well. */
export class SayOnce {
  readonly #what: string
  #said = ''

  /** `what` fails, in words that the reason is put behind. */
  constructor(what: string) {
    this.#what = what
  }

  /** Does it, and says why where it fails. Returns undefined then. */
  async attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      const done = await work()
      this.#said = ''
      return done
    } catch (error) {
      // `instanceof Error` fails under Jest: Node's errors are of another realm there.
      const hasMessage = typeof error === 'object' && error !== null && 'message' in error
      const reason = String(hasMessage ? error.message : error)
      if (reason !== this.#said) process.stderr.write(`${this.#what}: ${reason}\n`)
      this.#said = reason
      return undefined
    }
  }
}
