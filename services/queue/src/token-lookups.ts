import { Batcher } from '@frontrow/service-host/batcher'
import type { TokenRow } from './sql/queue-tokens.ts'

/** Finds places by the hashes of their token values. All lookups have the same key, so that they share statements. */
export type TokenLookups = Batcher<'all', Buffer, TokenRow | undefined>

const BATCH_MAX = 500
// Lookups take two connections at most, which leaves the others of the pool to admission.
const AT_ONCE_MAX = 2
const PENDING_MAX = 5_000

/** Looks tokens up while Redis is away and a crowd polls. Lookups that come while statements are in work share the next one. */
export function createTokenLookups(
  find: (tokenHashes: readonly Buffer[]) => Promise<TokenRow[]>,
): TokenLookups {
  return new Batcher<'all', Buffer, TokenRow | undefined>({
    batchMax: BATCH_MAX,
    atOnceMax: AT_ONCE_MAX,
    pendingMax: PENDING_MAX,
    send: async (_all, tokenHashes) => {
      const rows = await find(tokenHashes)
      const byHash = new Map(rows.map((row) => [row.tokenHash.toString('base64'), row]))
      return tokenHashes.map((tokenHash) => byHash.get(tokenHash.toString('base64')))
    },
  })
}
