import type { WalletContext } from './context.ts'
import { listWalletEntries } from './sql/ledger-entries.ts'
import type { EntryPage, WalletEntry } from './sql/ledger-entries.ts'

/** Lists a page of a wallet's entries, newest first. `nextEntryId` is the cursor of the next page, null on the last. */
export async function listBalanceHistory(
  ctx: Pick<WalletContext, 'pool'>,
  userId: string,
  page: EntryPage,
): Promise<{ entries: WalletEntry[]; nextEntryId: number | null }> {
  const entries = await listWalletEntries(ctx.pool, userId, { ...page, limit: page.limit + 1 })
  const shown = entries.slice(0, page.limit)
  const more = entries.length > page.limit
  return { entries: shown, nextEntryId: more ? (shown.at(-1)?.entryId ?? null) : null }
}
