import { checkKeys } from '@frontrow/idempotency/audit'
import { checkMessages } from '@frontrow/messaging/audit'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { WalletContext } from './context.ts'
import { countLedger, findBroken, ledgerRules } from './sql/ledger-rules.ts'

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
  const { wallets, entries } = await countLedger(pool)
  let violationCount = 0
  const violations: string[] = []
  for (const rule of ledgerRules.filter(({ isInAudit }) => isInAudit)) {
    const { count, lines } = await findBroken(pool, rule, SHOWN_MAX)
    violationCount += count
    violations.push(...lines.map((line) => `wallet: ${line}`))
  }
  return {
    number: 4,
    name: 'every balance is the sum of its entries and never negative; all entries sum to zero',
    checked: wallets + entries,
    violationCount,
    violations: violations.slice(0, SHOWN_MAX),
  }
}
