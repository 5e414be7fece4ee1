import { hashContent } from '@frontrow/idempotency/idempotency-key'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { Contact } from '@frontrow/service-host/contact'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { Beginning } from './begin-payments.ts'
import { findCardProgress } from './card-progress.ts'
import type { CardProgress } from './card-progress.ts'
import type { Context } from './context.ts'
import { refusalOf } from './payment-failure.ts'
import { confirmedReservation, recallReservation } from './show-reservation.ts'
import type { ShownReservation } from './show-reservation.ts'
import type { PaymentKey } from './sql/payment-keys.ts'
import type { Payment, PaymentMethod, ReservedSeats } from './sql/payments.ts'

/** A request to pay, which the route's schema has checked. */
export interface PurchaseRequest {
  userId: string
  reservationId: string
  paymentMethod: PaymentMethod
  /** Set exactly where the method is CARD. */
  cardToken: string | null
  /** What the buyer saw is to be paid. */
  amount?: number | undefined
  idempotencyKey: string
  /** The payer's, where they pay themselves and their token names one. */
  contact?: Contact | null | undefined
  /** How long to wait for the payment to settle; 0 answers as soon as it has begun. */
  waitMs: number
}

/**
 * The answer to a request to pay. `isReplay`: an earlier request with its key had this answer, and it is final.
 *
 * - APPROVED, with the reservation as the payment confirmed it. What has become of both since does not change the answer.
 * - PENDING, where it takes longer than the wait.
 * - A refusal, of a payment that ended without a ticket or could not begin.
 */
export type PurchaseAnswer =
  | { kind: 'approved'; payment: Payment; reservation: ShownReservation; isReplay: boolean }
  | { kind: 'pending'; payment: Payment }
  | { kind: 'refused'; refusal: Refusal; isReplay: boolean }

/** The answer, with what a payment by card that is PENDING waits for. */
export type PurchaseProgress =
  Exclude<PurchaseAnswer, { kind: 'pending' }> | (Extract<PurchaseAnswer, { kind: 'pending' }> & CardProgress)

/**
 * Begins the saga of a payment, once for each idempotency key, and waits for it to settle. The payment's row is the
 * answer to its key, so a repeat waits for the same payment and is answered alike. Refuses early, with nothing taken, what can't be
 * paid for, and remembers that under the key. What can't be begun in time is refused and not remembered; a repeat is not refused so.
 */
export async function startPurchase(ctx: Context, request: PurchaseRequest): Promise<PurchaseProgress> {
  const { userId, reservationId, paymentMethod, cardToken, amount, idempotencyKey } = request
  const requestHash = hashContent({ reservationId, paymentMethod, cardToken, amount })
  const key = { userId, idempotencyKey, requestHash }
  const intake = ctx.intakes[paymentMethod]
  const overload = intake.refusal()
  if (overload !== null) return withProgress(ctx, await answerByKey(ctx, key, overload, request.waitMs))
  const leave = intake.enter()
  let pendingId: string | undefined
  try {
    const taken = await takePayment(ctx, request, key)
    if (taken.kind === 'pending') pendingId = taken.payment.paymentId
    const answered = await withProgress(ctx, taken)
    // Its owner has it in hand now, and it keeps nobody waiting here.
    if (answered.kind === 'pending' && answered.nextAction !== null) pendingId = undefined
    return answered
  } finally {
    leave(pendingId)
  }
}

/** The payment has begun, so that it can't be told how far it is does not refuse it. */
async function withProgress(ctx: Context, taken: PurchaseAnswer): Promise<PurchaseProgress> {
  if (taken.kind !== 'pending') return taken
  try {
    return { ...taken, ...(await findCardProgress(ctx, taken.payment)) }
  } catch (error) {
    ctx.logger.warn(
      { err: error, paymentId: taken.payment.paymentId },
      'how far a payment is could not be read',
    )
    return { ...taken, nextAction: null, captureMs: null }
  }
}

async function takePayment(ctx: Context, request: PurchaseRequest, key: PaymentKey): Promise<PurchaseAnswer> {
  const { userId, reservationId, paymentMethod, cardToken, contact, waitMs } = request
  let payable: Payable
  try {
    payable = await checkPayable(ctx, request)
  } catch (error) {
    if (!isRefusal(error)) throw error
    // Its own first request may have paid for the reservation.
    return answerByKey(ctx, key, error, waitMs)
  }
  const { reserved, ...due } = payable
  const paymentId = uuidv7()
  const payment = { paymentId, reservationId, userId, ...due, paymentMethod }
  // From before the begin, so that its end can't be missed.
  const settled = waitMs > 0 ? ctx.settled.wait(paymentId, waitMs) : undefined
  let beginning: Beginning | undefined
  try {
    beginning = await ctx.beginnings.add('all', {
      payment,
      reserved,
      key,
      cardToken,
      contact,
      trace: currentTrace(),
    })
  } finally {
    if (beginning === undefined || 'refusal' in beginning || beginning.isRepeat) ctx.settled.forget(paymentId)
  }
  if ('refusal' in beginning) return refused(beginning.refusal, beginning.isRepeat)
  if (beginning.isRepeat) return answerRepeat(ctx, beginning.payment, waitMs)
  return answer(ctx, (await settled) ?? beginning.payment, { isRepeat: false, reserved })
}

/** Answers by what the key has come to before; where that is nothing, by the refusal. */
async function answerByKey(
  ctx: Context,
  key: PaymentKey,
  refusal: Refusal,
  waitMs: number,
): Promise<PurchaseAnswer> {
  const found = await ctx.keys.add('all', { key, refusal })
  if ('payment' in found) return answerRepeat(ctx, found.payment, waitMs)
  return refused(found.refusal, found.isRepeat)
}

async function answerRepeat(ctx: Context, found: Payment, waitMs: number): Promise<PurchaseAnswer> {
  if (found.status !== 'PENDING' || waitMs === 0) return answer(ctx, found, { isRepeat: true })
  const settled = ctx.settled.wait(found.paymentId, waitMs)
  // It may have settled since it was found.
  await ctx.settled.look(found.paymentId)
  return answer(ctx, (await settled) ?? found, { isRepeat: true })
}

async function answer(
  ctx: Context,
  payment: Payment,
  { isRepeat, reserved }: { isRepeat: boolean; reserved?: ReservedSeats },
): Promise<PurchaseAnswer> {
  if (payment.status === 'PENDING') return { kind: 'pending', payment }
  if (payment.paidAt === null) return refused(refusalOf(payment), isRepeat)
  const reservation =
    reserved === undefined
      ? await recallReservation(ctx, payment, 'CONFIRMED')
      : confirmedReservation(payment.reservationId, reserved)
  // A refund since then does not change that this request paid.
  return {
    kind: 'approved',
    payment: { ...payment, status: 'APPROVED' },
    reservation,
    isReplay: isRepeat,
  }
}

function refused(refusal: Refusal, isReplay: boolean): PurchaseAnswer {
  return { kind: 'refused', refusal, isReplay }
}

/** What is to be paid for a reservation. */
interface Payable {
  scheduleId: number
  amount: number
  reserved: ReservedSeats
}

/** A live hold is the right to pay, because only a person who was let in could make it. */
async function checkPayable(ctx: Context, request: PurchaseRequest): Promise<Payable> {
  const reservation = await ctx.getReservation(request.reservationId)
  if (reservation.userId !== request.userId)
    throw refuse('RESERVATION_NOT_FOUND', 'you have no such reservation')
  refuseUnlessHeld(reservation.status)
  if (reservation.notPayable !== '') throw refuse('RESERVATION_NOT_PAYABLE', reservation.notPayable)
  if (reservation.totalAmount <= 0) throw refuse('RESERVATION_NOT_PAYABLE', 'there is nothing to pay')
  const { scheduleId, totalAmount, reservationNumber, seats } = reservation
  if (request.amount !== undefined && request.amount !== totalAmount) {
    throw refuse(
      'AMOUNT_CHANGED',
      `the reservation costs ${totalAmount}, not ${request.amount}; nothing was taken`,
      {
        details: { field: 'amount', seen: request.amount, now: totalAmount },
      },
    )
  }
  return { scheduleId, amount: totalAmount, reserved: { reservationNumber, seats } }
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
