import { checkKeys } from '@frontrow/idempotency/audit'
import { checkMessages } from '@frontrow/messaging/audit'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { WalletContext } from './context.ts'
import { countPaidCharges, findWrongCharges } from './sql/charge-audit.ts'
import { countLedger, findUnbalancedTransactions, findWrongBalances } from './sql/ledger-audit.ts'

const SHOWN_MAX = 10
// A capture that is younger may still be on its way back.
const SETTLED_SECONDS = 60

/** Checks the invariants that the wallet's own data can show: 4 (the ledger), 6 (keys), 7 (messages) and 10 (charges). */
export async function checkWalletInvariants(ctx: Pick<WalletContext, 'pool'>): Promise<InvariantCheck[]> {
  return [
    await checkLedger(ctx),
    await checkKeys(ctx.pool, 'wallet'),
    await checkMessages(ctx.pool, 'wallet'),
    await checkCharges(ctx),
  ]
}

/** Invariant 10, by what is known of captures. Keys of charges are theirs alone by a unique index, so invariant 6 needs no look at them. */
async function checkCharges({ pool }: Pick<WalletContext, 'pool'>): Promise<InvariantCheck> {
  const checked = await countPaidCharges(pool)
  const wrong = await findWrongCharges(pool, { settledSeconds: SETTLED_SECONDS, limit: SHOWN_MAX })
  return {
    number: 10,
    name: 'every CHARGED charge was captured once; a capture whose charge FAILED has been given back, once',
    checked,
    violationCount: wrong.count,
    violations: wrong.rows.map(({ chargeId, what }) => `wallet: charge ${chargeId} ${what}`),
  }
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
