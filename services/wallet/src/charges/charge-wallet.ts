import { hashContent } from '@frontrow/idempotency/idempotency-key'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { WalletContext } from '../context.ts'
import type { WalletRequest } from '../request-movements.ts'
import type { Charge } from '../sql/charges.ts'
import type { Beginning } from './begin-charges.ts'
import { refusalOf } from './charge-refusal.ts'

/** A request to charge a wallet. */
export interface ChargeRequest extends WalletRequest {
  /** The card provider's token of a card; the simulator needs none. */
  cardToken: string | undefined
  /** How long to wait for the provider before the answer is that it goes on. */
  waitMs: number
}

/** The answer to a request to charge. */
export interface ChargeAnswer {
  /** CHARGED, or CHARGING where it takes longer than the wait. */
  charge: Charge
  /** Set where the charge FAILED; it is the answer then. */
  refusal: Refusal | null
  /** An earlier request began the charge, and it has settled. */
  isReplay: boolean
}

/**
 * Charges a wallet by card, once for each key, and waits a while for the provider. The charge's row is the answer to its key, so a
 * repeat waits for the same charge and is answered alike. Refuses with INVALID_REQUEST, or as the beginning of charges does.
 */
export async function chargeWallet(ctx: WalletContext, request: ChargeRequest): Promise<ChargeAnswer> {
  const { userId, amount, callerId, idempotencyKey, waitMs } = request
  checkAmount(ctx.config, amount)
  const cardToken = cardOf(ctx, request)
  const requestHash = hashContent({ userId, amount, cardToken: request.cardToken })
  const chargeId = uuidv7()
  // From before the beginning, so that its end can't be missed.
  const settled = ctx.charges.settled.wait(chargeId, waitMs)
  let beginning: Beginning | undefined
  try {
    const key = { callerId, idempotencyKey, requestHash }
    const charge = { chargeId, userId, amount, cardToken, key, trace: currentTrace() }
    beginning = await ctx.charges.beginnings.add('all', charge)
  } catch (error) {
    if (isRefusal(error, 'BALANCE_LIMIT_EXCEEDED')) ctx.events.refused({ userId, reason: error.code, amount })
    throw error
  } finally {
    if (beginning === undefined || beginning.isRepeat) ctx.charges.settled.forget(chargeId)
  }
  if (beginning.isRepeat) return answerRepeat(ctx, beginning.charge, waitMs)
  return answer((await settled) ?? beginning.charge, false)
}

async function answerRepeat(ctx: WalletContext, found: Charge, waitMs: number): Promise<ChargeAnswer> {
  if (found.status !== 'CHARGING') return answer(found, true)
  const { chargeId } = found
  const settled = ctx.charges.settled.wait(chargeId, waitMs)
  // It may have settled since it was found.
  await ctx.charges.settled.look(chargeId)
  return answer((await settled) ?? found, true)
}

function answer(charge: Charge, isRepeat: boolean): ChargeAnswer {
  if (charge.status === 'CHARGING') return { charge, refusal: null, isReplay: false }
  return { charge, refusal: charge.status === 'FAILED' ? refusalOf(charge) : null, isReplay: isRepeat }
}

function checkAmount(config: WalletContext['config'], amount: number): void {
  const { CHARGE_AMOUNT_MIN: min, CHARGE_AMOUNT_MAX: max } = config
  if (amount >= min && amount <= max) return
  throw invalidField('amount', `must be from ${min} to ${max}`)
}

function cardOf({ charges: { cardByDefault } }: WalletContext, { cardToken }: ChargeRequest): string {
  const card = cardToken ?? cardByDefault
  if (card === undefined) throw invalidField('card', 'is required: the money is taken from a card')
  return card
}

function invalidField(field: string, rule: string): Refusal {
  return refuse('INVALID_REQUEST', `${field}: ${rule}`, { details: [{ in: 'body', field, rule }] })
}
