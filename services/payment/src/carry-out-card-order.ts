import type { ActionRequired, CaptureResult } from '@frontrow/card-provider/card-provider'
import { failpoint } from '@frontrow/failpoints/failpoint'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction, together } from '@frontrow/postgres/transaction'
import { BreakerOpenError } from '@frontrow/service-host/breaker'
import { advancePurchaseSagas, reportImpossible } from './advance-purchase-sagas.ts'
import { captureKey } from './capture-key.ts'
import type { Context } from './context.ts'
import type { SagaMessage } from './purchase-saga.ts'
import type { CardOrder, CaptureStatus } from './sql/card-captures.ts'
import { postponeOrder, storeAction, storeOutcome } from './sql/card-captures.ts'
import { findPayment } from './sql/payments.ts'
import { lockSagas } from './sql/purchase-sagas.ts'
import { beganAt } from './uuid-time.ts'

const RETRY_MAX_MS = 60_000
// A question may begin a second late, and take longer than that.
const LAST_QUESTIONS_MS = 3_000
// Stripe keeps its answer to a key for 24 h. Later the same key would be a new capture.
const KEY_LIFE_MS = 23 * 3_600_000
const UNDECIDED: readonly CaptureStatus[] = ['PENDING', 'ACTION_REQUIRED']

/**
 * The breaker kept a call to capture from the provider. The breaker of another call, such as that for the hold's end, throws the same
 * error when the provider has been asked already, so its error alone does not tell.
 */
class NotAskedError extends Error {
  override name = 'NotAskedError'
}

/** Makes the calls that a leased order asks for, and stores what comes of them. Where the provider gives no answer, they are repeated later. */
export async function carryOutOrder(ctx: Context, order: CardOrder): Promise<void> {
  failpoint('card-leased', () => [order.wanted])
  try {
    if (isKeyForgotten(ctx, order)) await leaveToPerson(ctx, order)
    else if (order.wanted === 'CAPTURED') await capture(ctx, order)
    else await refund(ctx, order)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const retryInMs = Math.min(RETRY_MAX_MS, 250 * 2 ** Math.min(order.attempts, 10))
    ctx.logger.warn(
      { err: error, paymentId: order.paymentId, wanted: order.wanted, attempts: order.attempts, retryInMs },
      'the card provider gave no answer; asking again',
    )
    const wasAsked = order.wasAsked || (order.wanted === 'CAPTURED' && !(error instanceof NotAskedError))
    await postponeOrder(ctx.pool, { ...order, wasAsked }, retryInMs, text)
  }
}

/** No call to capture it was made, and the provider has not named it by itself. */
function isUnknownToProvider({ status, wasAsked, providerReference }: CardOrder): boolean {
  return status === 'PENDING' && !wasAsked && providerReference === null
}

/** A capture without a reference can only be asked about by its key. It was first asked for when its payment began, or later. */
function isKeyForgotten(ctx: Context, order: CardOrder): boolean {
  const { paymentId, status, providerReference, wasAsked } = order
  if (!wasAsked || !UNDECIDED.includes(status) || providerReference !== null) return false
  return ctx.now().getTime() - beganAt(paymentId).getTime() > KEY_LIFE_MS
}

async function leaveToPerson(ctx: Context, order: CardOrder): Promise<void> {
  const text = 'the provider has forgotten the key by now; look there whether the money was taken'
  ctx.logger.error({ paymentId: order.paymentId, wanted: order.wanted }, text)
  await postponeOrder(ctx.pool, { ...order, wasAsked: true }, null, text)
}

async function askForCapture(ctx: Context, order: CardOrder): Promise<CaptureResult | ActionRequired> {
  if (order.cardToken === null) throw new Error('the card token is gone')
  try {
    return await ctx.cardProvider.captureInteractively({
      idempotencyKey: captureKey(order.paymentId),
      cardToken: order.cardToken,
      amount: order.amount,
      paymentId: order.paymentId,
      reference: order.providerReference,
      signal: AbortSignal.timeout(ctx.config.CARD_TIMEOUT_MS),
    })
  } catch (error) {
    if (error instanceof BreakerOpenError) throw new NotAskedError(error.message, { cause: error })
    throw error
  }
}

async function capture(ctx: Context, order: CardOrder): Promise<void> {
  const result = await askForCapture(ctx, order)
  failpoint('card-answered', () => [order.wanted])
  switch (result.kind) {
    case 'captured':
      return concludeOrder(ctx, order, UNDECIDED, 'CAPTURED', result.reference, { type: 'CardCaptured' })
    case 'declined':
      return concludeOrder(ctx, order, UNDECIDED, 'DECLINED', null, {
        type: 'CardDeclined',
        reason: result.reason,
      })
    case 'action_required':
      return awaitAction(ctx, order, result)
  }
}

/**
 * The card's owner has as long as their seats are held. That is asked for when it is first needed, and again shortly before it has
 * passed, since a hold can be refreshed meanwhile; the saga ends what is left after it.
 */
async function awaitAction(ctx: Context, order: CardOrder, action: ActionRequired): Promise<void> {
  const askInMs = ctx.config.CARD_ACTION_POLL_MS
  const known = order.waitsUntil
  if (known !== null && known.getTime() - ctx.now().getTime() > 2 * askInMs + LAST_QUESTIONS_MS) {
    return postponeOrder(ctx.pool, { ...order, wasAsked: true }, askInMs, null)
  }
  const until = await findHoldEnd(ctx, order.paymentId)
  if (known !== null && until.getTime() <= known.getTime()) {
    return postponeOrder(ctx.pool, { ...order, wasAsked: true }, askInMs, null)
  }
  const { reference, nextAction } = action
  await conclude(ctx, order, { type: 'CardActionRequired', until }, (tx) =>
    storeAction(tx, order.paymentId, { reference, nextAction, until, askInMs }),
  )
}

async function findHoldEnd(ctx: Context, paymentId: string): Promise<Date> {
  const payment = await findPayment(ctx.pool, paymentId)
  if (payment === undefined) throw new Error(`there is no payment ${paymentId}`)
  const reservation = await ctx.getReservation(payment.reservationId)
  return reservation.status === 'HOLD' ? new Date(reservation.expiresAtMs) : ctx.now()
}

/**
 * Where no call to capture was made, nothing is asked. Where one was, its outcome may be unknown (that is why the saga gave up on it):
 * asking once more under the same key gives the provider's decision; if it never saw the first call this takes the money, and the
 * refund gives it back.
 */
async function refund(ctx: Context, order: CardOrder): Promise<void> {
  let reference = order.providerReference
  if (order.status !== 'CAPTURED') {
    if (isUnknownToProvider(order)) return concludeVoid(ctx, order)
    const found = await endCapture(ctx, order)
    if (found.kind === 'declined') {
      return concludeVoid(ctx, order)
    }
    reference = found.reference
  }
  if (reference === null) throw new Error('the capture has no reference')
  await ctx.cardProvider.refund({
    idempotencyKey: `refund-${order.paymentId}`,
    reference,
    amount: order.amount,
    signal: AbortSignal.timeout(ctx.config.CARD_TIMEOUT_MS),
  })
  failpoint('card-answered', () => [order.wanted])
  await concludeOrder(ctx, order, [...UNDECIDED, 'CAPTURED'], 'REFUNDED', reference, {
    type: 'CardRefunded',
    refundedAmount: order.amount,
  })
}

/** A capture that still waits for the card's owner is cancelled, so that they can't pay for what is given up. */
async function endCapture(ctx: Context, order: CardOrder): Promise<CaptureResult> {
  const found = await askForCapture(ctx, order)
  if (found.kind !== 'action_required') return found
  return ctx.cardProvider.cancel({
    idempotencyKey: captureKey(order.paymentId),
    reference: found.reference,
    signal: AbortSignal.timeout(ctx.config.CARD_TIMEOUT_MS),
  })
}

function concludeVoid(ctx: Context, order: CardOrder): Promise<void> {
  return concludeOrder(ctx, order, UNDECIDED, 'VOIDED', null, { type: 'CardRefunded', refundedAmount: 0 })
}

function concludeOrder(
  ctx: Context,
  order: CardOrder,
  from: readonly CaptureStatus[],
  to: Parameters<typeof storeOutcome>[2]['to'],
  providerReference: string | null,
  message: SagaMessage,
): Promise<void> {
  return conclude(ctx, order, message, (tx) =>
    storeOutcome(tx, order.paymentId, { from, to, providerReference }),
  )
}

/**
 * One transaction: the outcome and what the saga makes of it. The saga is locked before the capture, as it is where a saga orders a
 * refund; the other way round the two would wait for each other.
 */
async function conclude(
  ctx: Context,
  { paymentId, wanted }: CardOrder,
  message: SagaMessage,
  store: (tx: Tx) => Promise<boolean>,
): Promise<void> {
  try {
    await inTransaction(ctx.pool, async (tx) => {
      const [, stored] = await together([lockSagas(tx, [paymentId]), store(tx)])
      if (stored) await advancePurchaseSagas(ctx, tx, [{ paymentId, message }])
      failpoint('card-applied', () => [wanted])
    })
  } catch (error) {
    reportImpossible(ctx, error)
    throw error
  }
}
