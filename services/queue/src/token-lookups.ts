import { refuse } from '@frontrow/proto/refusals'
import type { TokenRow } from './sql/queue-tokens.ts'

interface Lookup {
  tokenHash: Buffer
  settle: (row: TokenRow | undefined) => void
  fail: (error: unknown) => void
}

const BATCH_MAX = 500
// Two connections keep each other busy; the others are for admission.
const AT_ONCE = 2
const WAITING_MAX = 5_000

/**
 * Places by their token values, while Redis is away and a crowd goes on polling: lookups that come while others are in work
 * share the next statement. More than a few thousand at once are refused, and come again.
 */
export class TokenLookups {
  readonly #find: (tokenHashes: Buffer[]) => Promise<TokenRow[]>
  #waiting: Lookup[] = []
  #inWork = 0

  constructor(find: (tokenHashes: Buffer[]) => Promise<TokenRow[]>) {
    this.#find = find
  }

  find(tokenHash: Buffer): Promise<TokenRow | undefined> {
    if (this.#waiting.length >= WAITING_MAX) {
      throw refuse('UNAVAILABLE', 'too many people ask at once', { retryAfterSeconds: 2 })
    }
    return new Promise((settle, fail) => {
      this.#waiting.push({ tokenHash, settle, fail })
      if (this.#inWork < AT_ONCE) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#inWork += 1
    // Those of the same moment are taken together.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#look(this.#waiting.splice(0, BATCH_MAX))
    this.#inWork -= 1
  }

  async #look(batch: readonly Lookup[]): Promise<void> {
    try {
      const rows = await this.#find(batch.map((lookup) => lookup.tokenHash))
      const byHash = new Map(rows.map((row) => [row.tokenHash.toString('base64'), row]))
      for (const lookup of batch) lookup.settle(byHash.get(lookup.tokenHash.toString('base64')))
    } catch (error) {
      for (const lookup of batch) lookup.fail(error)
    }
  }
}
