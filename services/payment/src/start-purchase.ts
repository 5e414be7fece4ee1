import {
  claimKey,
  findClaim,
  storeAnswer,
  storeResource,
  unlockKey,
} from '@frontrow/idempotency/idempotency-key'
import type { KeyedRequest } from '@frontrow/idempotency/idempotency-key'
import { enqueue } from '@frontrow/messaging/outbox'
import { isUniqueViolation } from '@frontrow/postgres/errors'
import { inTransaction, onCommit } from '@frontrow/postgres/transaction'
import { refuse, refusalKind } from '@frontrow/proto/refusals'
import { Refusal } from '@frontrow/refusals/refusal'
import { uuidv7 } from 'uuidv7'
import { sagaLimits } from './advance-purchase-sagas.ts'
import type { Context } from './context.ts'
import { beginSaga } from './purchase-saga.ts'
import { commandMessage } from './saga-messages.ts'
import { insertCapture } from './sql/card-captures.ts'
import { findPayment, insertPayment } from './sql/payments.ts'
import type { Payment, PaymentMethod } from './sql/payments.ts'
import { insertSaga } from './sql/purchase-sagas.ts'

/** A request to pay, which the route's schema has checked. */
export interface PurchaseRequest {
  userId: string
  reservationId: string
  paymentMethod: PaymentMethod
  /** Set exactly where the method is CARD. */
  cardToken: string | null
  idempotencyKey: string
}

/** The payment as it stood when the wait ended. `replayed`: this request was answered before. */
export interface PurchaseAnswer {
  payment: Payment
  replayed: boolean
}

// Notifications are sent in this process only (settled-payments.ts), so the database is asked as well. The pauses double,
// because every buyer waits here while Kafka is away.
const FIRST_LOOK_MS = 100
const LOOK_EVERY_MAX_MS = 1_500

/**
 * Begins the saga of a payment, once for each idempotency key, and waits for it to settle (5 s by default). Answers with
 * the payment APPROVED, or PENDING when it takes longer. Refuses where the payment ends otherwise, and again on a replay.
 */
export async function startPurchase(ctx: Context, request: PurchaseRequest): Promise<PurchaseAnswer> {
  const { userId, reservationId, paymentMethod, cardToken } = request
  const keyed: KeyedRequest = {
    userId,
    operation: 'POST /payments',
    key: request.idempotencyKey,
    content: { reservationId, paymentMethod, cardToken },
  }
  const known = await findClaim(ctx.pool, keyed)
  if (known?.kind === 'replay') return replay(ctx, known)
  const payable = known === undefined ? await checkPayable(ctx, request) : null
  const claimed = await claimAndBegin(ctx, keyed, request, payable)
  if (claimed.kind === 'replay') return replay(ctx, claimed)
  const payment = await waitUntilSettled(ctx, claimed.paymentId)
  return answer(ctx, keyed, payment)
}

/** What is to be paid for a reservation. */
interface Payable {
  scheduleId: number
  amount: number
}

/** A live hold is the right to pay, because only a person who was let in could make it. */
async function checkPayable(ctx: Context, request: PurchaseRequest): Promise<Payable> {
  const reservation = await ctx.getReservation(request.reservationId)
  if (reservation.userId !== request.userId)
    throw refuse('RESERVATION_NOT_FOUND', 'no such reservation of yours')
  refuseUnlessHeld(reservation.status)
  if (reservation.totalAmount <= 0) throw refuse('RESERVATION_NOT_PAYABLE', 'there is nothing to pay')
  return { scheduleId: reservation.scheduleId, amount: reservation.totalAmount }
}

function refuseUnlessHeld(status: string): void {
  switch (status) {
    case 'HOLD':
      return
    case 'CONFIRMED':
      throw refuse('ALREADY_PAID', 'the reservation is paid')
    case 'EXPIRED':
      throw refuse('RESERVATION_EXPIRED', 'the hold ran out')
    default:
      throw refuse('RESERVATION_NOT_PAYABLE', `the reservation is ${status}`)
  }
}

type Claimed = { kind: 'begun'; paymentId: string } | { kind: 'replay'; status: number; response: unknown }

/** Writes the key, the payment, its saga and the saga's first command in one transaction. */
async function claimAndBegin(
  ctx: Context,
  keyed: KeyedRequest,
  request: PurchaseRequest,
  payable: Payable | null,
): Promise<Claimed> {
  const { userId, reservationId, paymentMethod, cardToken } = request
  const lockedForMs = ctx.config.PAYMENT_WAIT_MS + 3_000
  try {
    return await inTransaction<Claimed>(ctx.pool, async (tx) => {
      const claim = await claimKey(tx, keyed, lockedForMs)
      if (claim.kind === 'replay') return claim
      if (claim.kind === 'resume') return { kind: 'begun', paymentId: claim.resourceId }
      if (payable === null) throw new Error('the idempotency key lost what it made')
      const paymentId = uuidv7()
      const payment = { paymentId, reservationId, userId, ...payable, paymentMethod }
      await insertPayment(tx, payment)
      const first = beginSaga(paymentMethod, ctx.now(), sagaLimits(ctx))
      await insertSaga(tx, paymentId, first.saga, first.deadlineAt)
      if (cardToken !== null) await insertCapture(tx, { paymentId, amount: payable.amount, cardToken })
      const message = first.command === null ? null : commandMessage(payment, first.command)
      if (message === null) onCommit(tx, () => ctx.cardWork.wake())
      else await enqueue(tx, ctx.relay, [message])
      await storeResource(tx, keyed, paymentId)
      onCommit(tx, () => ctx.events.begun(payment))
      return { kind: 'begun', paymentId }
    })
  } catch (error) {
    if (isUniqueViolation(error, 'payments_one_live')) {
      throw refuse('ALREADY_PAID', 'the reservation is paid, or being paid by another payment', {
        cause: error,
      })
    }
    throw error
  }
}

async function waitUntilSettled(ctx: Context, paymentId: string): Promise<Payment> {
  const deadline = Date.now() + ctx.config.PAYMENT_WAIT_MS
  for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(LOOK_EVERY_MAX_MS, lookMs * 2)) {
    const payment = await findPayment(ctx.pool, paymentId)
    if (payment === undefined) throw new Error(`payment ${paymentId} is gone`)
    const leftMs = deadline - Date.now()
    if (payment.status !== 'PENDING' || leftMs <= 0) return payment
    await ctx.settled.wait(paymentId, Math.min(leftMs, lookMs))
  }
}

/** Stores the answer of a settled payment for replays. While it is PENDING the key is unlocked, so that a repeat waits again. */
async function answer(ctx: Context, keyed: KeyedRequest, payment: Payment): Promise<PurchaseAnswer> {
  if (payment.status === 'PENDING') {
    await unlockKey(ctx.pool, keyed)
    return { payment, replayed: false }
  }
  if (payment.status === 'APPROVED') {
    await storeAnswer(ctx.pool, keyed, { status: 201, response: { paymentId: payment.paymentId } })
    return { payment, replayed: false }
  }
  const refusal = refusalOf(payment)
  await storeAnswer(ctx.pool, keyed, {
    status: refusal.http,
    response: { code: refusal.code, message: refusal.message, details: refusal.details },
  })
  throw refusal
}

/** A stored refusal that is sent again. Its answer carries `Idempotency-Replayed`, as that of a success does. */
export class ReplayedRefusal extends Refusal {
  override name = 'ReplayedRefusal'
}

async function replay(ctx: Context, stored: { status: number; response: unknown }): Promise<PurchaseAnswer> {
  const { response } = stored
  if (typeof response !== 'object' || response === null) throw new Error('a stored answer is not an object')
  if ('paymentId' in response && typeof response.paymentId === 'string') {
    const payment = await findPayment(ctx.pool, response.paymentId)
    if (payment === undefined) throw new Error(`payment ${response.paymentId} is gone`)
    // The first answer was APPROVED; a refund since then does not change what this request did.
    return { payment: { ...payment, status: 'APPROVED' }, replayed: true }
  }
  if ('code' in response && typeof response.code === 'string' && 'message' in response) {
    const kind = refusalKind(response.code)
    if (kind !== undefined) {
      const details = 'details' in response ? response.details : undefined
      throw new ReplayedRefusal(response.code, kind, String(response.message), { details })
    }
  }
  throw new Error('a stored answer is of no known form')
}

/** Returns the refusal that tells a user why their payment ended without a ticket. */
export function refusalOf(payment: Payment): Refusal {
  const details = { paymentId: payment.paymentId, reason: payment.reason, status: payment.status }
  switch (payment.reason) {
    case 'INSUFFICIENT_BALANCE':
      return refuse('INSUFFICIENT_BALANCE', 'the wallet holds less than the amount', { details })
    case 'RESERVATION_EXPIRED':
      return refuse('RESERVATION_EXPIRED', 'the hold ran out while paying; the money was given back', {
        details,
      })
    case 'ALREADY_PAID':
      return refuse('ALREADY_PAID', 'another payment was first; the money was given back', { details })
    case 'RESERVATION_CANCELLED':
    case 'RESERVATION_NOT_FOUND':
      return refuse('RESERVATION_NOT_PAYABLE', 'the reservation was cancelled; the money was given back', {
        details,
      })
    case 'TIMEOUT':
      return refuse('PAYMENT_FAILED', 'the payment took too long and was given up; no money was kept', {
        details,
      })
    default:
      return payment.paymentMethod === 'CARD' && payment.status === 'FAILED'
        ? refuse('CARD_DECLINED', payment.reason ?? 'the card was declined', { details })
        : refuse('PAYMENT_FAILED', 'the payment did not succeed; no money was kept', { details })
  }
}
