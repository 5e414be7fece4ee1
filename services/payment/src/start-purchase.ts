import { hashContent } from '@frontrow/idempotency/idempotency-key'
import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { Contact } from '@frontrow/service-host/contact'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { Beginning } from './begin-payments.ts'
import type { Context } from './context.ts'
import { refusalOf } from './payment-refusal.ts'
import type { PaymentKey } from './sql/payment-keys.ts'
import type { Payment, PaymentMethod } from './sql/payments.ts'

/** A request to pay, which the route's schema has checked. */
export interface PurchaseRequest {
  userId: string
  reservationId: string
  paymentMethod: PaymentMethod
  /** Set exactly where the method is CARD. */
  cardToken: string | null
  idempotencyKey: string
  /** The payer's, where they pay themselves and their token names one. */
  contact?: Contact | undefined
  /** How long to wait for the payment to settle; 0 answers as soon as it has begun. */
  waitMs: number
}

/** The answer to a request to pay. */
export interface PurchaseAnswer {
  /** APPROVED, or PENDING where it takes longer than the wait. */
  payment: Payment
  /** Set where the payment ended without a ticket; it is the answer then. */
  refusal: Refusal | null
  /** An earlier request began the payment, and it has settled. */
  isReplay: boolean
}

/**
 * Begins the saga of a payment, once for each idempotency key, and waits for it to settle. The payment's row is the
 * answer to its key, so a repeat waits for the same payment and is answered alike. Refuses early, with nothing taken, what can't be
 * paid for and what can't be begun in time; a repeat is not refused.
 */
export async function startPurchase(ctx: Context, request: PurchaseRequest): Promise<PurchaseAnswer> {
  const { userId, reservationId, paymentMethod, cardToken, idempotencyKey } = request
  const requestHash = hashContent({ reservationId, paymentMethod, cardToken })
  const key = { userId, idempotencyKey, requestHash }
  const intake = ctx.intakes[paymentMethod]
  const overload = intake.refusal()
  if (overload !== null) return answerRepeat(ctx, await repeatOrRefuse(ctx, key, overload), request.waitMs)
  const leave = intake.enter()
  let pendingId: string | undefined
  try {
    const taken = await takePayment(ctx, request, key)
    if (taken.payment.status === 'PENDING') pendingId = taken.payment.paymentId
    return taken
  } finally {
    leave(pendingId)
  }
}

async function takePayment(ctx: Context, request: PurchaseRequest, key: PaymentKey): Promise<PurchaseAnswer> {
  const { userId, reservationId, paymentMethod, cardToken, contact, waitMs } = request
  let payable: Payable
  try {
    payable = await checkPayable(ctx, request)
  } catch (error) {
    // Its own first request may have paid for the reservation.
    return answerRepeat(ctx, await repeatOrRefuse(ctx, key, error), waitMs)
  }
  const paymentId = uuidv7()
  const payment = { paymentId, reservationId, userId, ...payable, paymentMethod }
  // From before the begin, so that its end can't be missed.
  const settled = waitMs > 0 ? ctx.settled.wait(paymentId, waitMs) : undefined
  let beginning: Beginning | undefined
  try {
    beginning = await ctx.beginnings.add('all', { payment, key, cardToken, contact, trace: currentTrace() })
  } finally {
    if (beginning === undefined || beginning.isRepeat) ctx.settled.forget(paymentId)
  }
  if (beginning.isRepeat) return answerRepeat(ctx, beginning.payment, waitMs)
  return answer((await settled) ?? beginning.payment, false)
}

async function repeatOrRefuse(ctx: Context, key: PaymentKey, refusal: unknown): Promise<Payment> {
  const repeated = await ctx.keys.add('all', key)
  if (repeated === undefined) throw refusal
  return repeated
}

async function answerRepeat(ctx: Context, found: Payment, waitMs: number): Promise<PurchaseAnswer> {
  if (found.status !== 'PENDING' || waitMs === 0) return answer(found, true)
  const settled = ctx.settled.wait(found.paymentId, waitMs)
  // It may have settled since it was found.
  await ctx.settled.look(found.paymentId)
  return answer((await settled) ?? found, true)
}

function answer(payment: Payment, isRepeat: boolean): PurchaseAnswer {
  if (payment.status === 'PENDING') return { payment, refusal: null, isReplay: false }
  // A refund since then does not change that this request paid.
  if (payment.paidAt !== null) {
    return { payment: { ...payment, status: 'APPROVED' }, refusal: null, isReplay: isRepeat }
  }
  return { payment, refusal: refusalOf(payment), isReplay: isRepeat }
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
    throw refuse('RESERVATION_NOT_FOUND', 'you have no such reservation')
  refuseUnlessHeld(reservation.status)
  if (reservation.notPayable !== '') throw refuse('RESERVATION_NOT_PAYABLE', reservation.notPayable)
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
