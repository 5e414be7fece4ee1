import { checkKeys } from '@frontrow/idempotency/audit'
import { checkMessages } from '@frontrow/messaging/audit'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { WalletContext } from './context.ts'
import { countLedger, findUnbalancedTransactions, findWrongBalances } from './sql/ledger-audit.ts'

const SHOWN_MAX = 10

/** Checks the invariants that the wallet's own data can show: 4 (the ledger), 6 (keys) and 7 (messages). */
export async function checkWalletInvariants(ctx: Pick<WalletContext, 'pool'>): Promise<InvariantCheck[]> {
  return [
    await checkLedger(ctx),
    await checkKeys(ctx.pool, 'wallet'),
    await checkMessages(ctx.pool, 'wallet'),
  ]
}

async function checkLedger({ pool }: Pick<WalletContext, 'pool'>): Promise<InvariantCheck> {
  const { wallets, entries, total } = await countLedger(pool)
  const wrong = await findWrongBalances(pool, SHOWN_MAX)
  const unbalanced = await findUnbalancedTransactions(pool, SHOWN_MAX)
  const violations = [
    ...(total === 0 ? [] : [`wallet: all ledger entries together sum to ${total}, not to 0`]),
    ...wrong.rows.map(
      (row) => `wallet: user ${row.userId} has a balance of ${row.balance}, the entries sum to ${row.sum}`,
    ),
    ...unbalanced.rows.map(
      (row) => `wallet: the entries of transaction ${row.transactionId} sum to ${row.sum}`,
    ),
  ]
  return {
    number: 4,
    name: 'every balance is the sum of its entries and never negative; all entries sum to zero',
    checked: wallets + entries,
    violationCount: (total === 0 ? 0 : 1) + wrong.count + unbalanced.count,
    violations: violations.slice(0, SHOWN_MAX),
  }
}
