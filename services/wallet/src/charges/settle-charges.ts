import { failpoint } from '@frontrow/failpoints/failpoint'
import { isDatabaseOutage } from '@frontrow/postgres/errors'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction, together } from '@frontrow/postgres/transaction'
import { Batcher } from '@frontrow/service-host/batcher'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import type { TraceContext } from '@frontrow/trace-context/trace-context'
import type { WalletContext } from '../context.ts'
import { openJournal, postMovements } from '../post-movements.ts'
import { lockCharges, saveCharges } from '../sql/charges.ts'
import type { ChangedCharge, Charge } from '../sql/charges.ts'
import { decideCharge } from './decide-charge.ts'
import type { ChargeNews } from './decide-charge.ts'

/** What became known of a charge at the card provider. */
export interface ChargeOutcome {
  chargeId: string
  userId: string
  news: ChargeNews
  trace: TraceContext | undefined
}

/** Stores what became known of charges, and books what was captured. Resolves after the commit; false: the news were old. */
export type ChargeSettlements = Batcher<'all', ChargeOutcome, boolean>

type SettleContext = Pick<WalletContext, 'pool' | 'events'> & {
  /** Called after the commit, for each charge that is CHARGED or FAILED now and was not before. */
  onSettled: (charge: Charge) => void
}

const BATCH_MAX = 200
// As in begin-charges.ts.
const AT_ONCE_MAX = 1
const PENDING_MAX = 2_000

/** What becomes known in one turn of the event loop, or while other outcomes are stored, is stored together. */
export function createChargeSettlements(ctx: SettleContext): ChargeSettlements {
  return new Batcher<'all', ChargeOutcome, boolean>({
    batchMax: BATCH_MAX,
    atOnceMax: AT_ONCE_MAX,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: (_all, outcomes) => settleTogether(ctx, outcomes),
  })
}

/** Outcomes that can't be stored together are stored one by one, so that only the bad one fails. */
async function settleTogether(
  ctx: SettleContext,
  outcomes: readonly ChargeOutcome[],
): Promise<(boolean | Error)[]> {
  let changes: (ChangedCharge | null)[]
  try {
    changes = await inTransaction(ctx.pool, (tx) => settleAll(ctx, tx, outcomes))
  } catch (error) {
    if (outcomes.length === 1 || isDatabaseOutage(error)) throw error
    const answers: (boolean | Error)[] = []
    for (const outcome of outcomes) {
      try {
        answers.push(...(await settleTogether(ctx, [outcome])))
      } catch (alone) {
        answers.push(alone instanceof Error ? alone : new Error(String(alone)))
      }
    }
    return answers
  }
  for (const [place, { news, trace }] of outcomes.entries()) {
    const changed = changes[place] ?? null
    if (changed === null) continue
    const tell = (): void => report(ctx, changed, news)
    if (trace === undefined) tell()
    else runWithTrace(trace, tell)
  }
  return changes.map((changed) => changed !== null)
}

async function settleAll(
  ctx: SettleContext,
  tx: Tx,
  outcomes: readonly ChargeOutcome[],
): Promise<(ChangedCharge | null)[]> {
  const [journal, stored] = await together([
    openJournal(
      tx,
      outcomes.filter(({ news }) => news.kind === 'captured').map(({ userId }) => userId),
    ),
    lockCharges(
      tx,
      outcomes.map(({ chargeId }) => chargeId),
    ),
  ])
  const changed = new Map<string, ChangedCharge>()
  const changes = outcomes.map(({ chargeId, news }) => {
    const before = changed.get(chargeId) ?? stored.get(chargeId)
    if (before === undefined) throw new Error(`there is no charge ${chargeId}`)
    const change = decideCharge(before, news)
    if (change === null) return null
    const { isBooked, failure, ...state } = change
    const { userId, amount } = before
    const movement = isBooked
      ? journal.record(userId, { kind: 'CHARGE', amount, transactionId: chargeId, paymentId: null })
      : undefined
    const after: ChangedCharge = {
      ...before,
      ...state,
      ...failure,
      ...(movement === undefined
        ? {}
        : { balanceAfter: movement.balanceAfter, finishedAt: movement.movedAt }),
      ...(news.kind === 'captured' ? { providerReference: news.reference } : {}),
    }
    changed.set(chargeId, after)
    return after
  })
  await together([postMovements(ctx, tx, journal), saveCharges(tx, [...changed.values()])])
  failpoint('card-applied', () => [...stored.values()].map(({ status }) => status))
  return changes
}

function report({ events, onSettled }: SettleContext, charge: ChangedCharge, news: ChargeNews): void {
  const { chargeId, userId, amount, status, captureStatus, reason } = charge
  events.chargeChanged({ chargeId, userId, amount, status, captureStatus, reason })
  if (status === 'CHARGED') events.moved({ userId, kind: 'CHARGE', amount, transactionId: chargeId })
  if (status === 'CHARGED' || news.kind === 'givenUp' || captureStatus === 'DECLINED') onSettled(charge)
}
