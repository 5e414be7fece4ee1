import { chargeAnswer, chargeStateAnswer } from './answers.ts'
import type { Receipt } from './answers.ts'
import { askWithKey } from './ask-with-key.ts'
import { VisitEnded } from './fan.ts'
import type { Fan } from './fan.ts'
import type { Rush } from './rush.ts'

/** The least and the most that one charge may be. */
const CHARGE_MIN = 1_000
const CHARGE_MAX = 1_000_000
/** How long a charge may stay open: the wallet service may have to come back first. */
const SETTLE_MS = 120_000
const ASK_MS = 1_000

/** Charges the wallet so that it holds at least `wanted`, or as much as one charge allows. */
export async function chargeUpTo(rush: Rush, fan: Fan, wanted: number): Promise<void> {
  const missing = wanted - (fan.balance ?? 0)
  if (missing <= 0) return
  const amount = Math.min(CHARGE_MAX, Math.max(CHARGE_MIN, missing))
  const card = fan.profile.chargesByCard ? { card: { token: fan.profile.cardToken } } : {}
  const call = {
    step: 'charge',
    method: 'POST',
    path: `/users/${fan.userId}/balance/charge`,
    body: { amount, ...card },
    schema: chargeAnswer,
  } as const
  const answer = await askWithKey(rush, fan, call, 'charge', 'no token', (data) => data.transactionId)
  if (answer.kind === 'refused') {
    fan.record.moneyUncertain = true
    fan.acceptRefusal('charge', answer)
    throw new VisitEnded('failed')
  }
  const charged =
    'status' in answer.data ? await askUntilCharged(rush, fan, answer.data.transactionId) : answer.data
  fan.record.charged += amount
  fan.balance = (fan.balance ?? 0) + amount
  if (charged.chargedAmount !== amount || charged.currentBalance !== fan.balance) {
    fan.reportUnexpected(
      'charge',
      'WRONG_ANSWER',
      `charged ${amount} to ${fan.balance}: ${JSON.stringify(charged)}`,
    )
  }
}

/** Asks for a charge until it is CHARGED. After SETTLE_MS, or where it FAILED, it counts as unexpected, and the visit ends. */
async function askUntilCharged(
  rush: Rush,
  fan: Fan,
  transactionId: string,
): Promise<Pick<Receipt, 'chargedAmount' | 'currentBalance'>> {
  const until = Date.now() + SETTLE_MS
  for (;;) {
    const path = `/users/${fan.userId}/balance/charges/${transactionId}`
    const answer = await fan.ask(
      { step: 'charge', method: 'GET', path, schema: chargeStateAnswer },
      'no token',
    )
    if (answer.kind === 'refused') {
      fan.record.moneyUncertain = true
      fan.acceptRefusal('charge', answer)
      throw new VisitEnded('failed')
    }
    const { status, amount, currentBalance } = answer.data
    if (status === 'CHARGED' && currentBalance !== null) return { chargedAmount: amount, currentBalance }
    if (status === 'FAILED' || Date.now() > until) {
      fan.record.moneyUncertain = true
      fan.reportUnexpected('charge', 'NOT_CHARGED', `charge ${transactionId} is ${status}`)
      throw new VisitEnded('failed')
    }
    await rush.settling.pause(ASK_MS * fan.random.between(0.9, 1.1))
  }
}
