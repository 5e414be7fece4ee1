import { z } from 'zod'
import { paymentAnswer, reservationAnswer } from './answers.ts'
import type { Payment } from './answers.ts'
import { askWithKey } from './ask-with-key.ts'
import type { PaymentAttempt } from './explanations.ts'
import { VisitEnded } from './fan.ts'
import type { Fan } from './fan.ts'
import type { Rush } from './rush.ts'
import type { HoldRecord, PaymentRecord } from './history.ts'

/** How long a payment may stay unsettled: a broker or a service may have to come back first. */
const SETTLE_MS = 120_000
const ASK_MS = 500
const ASK_MAX_MS = 3_000

/** The `details` of PAYMENT_FAILED. */
const failureDetails = z.object({ reason: z.string() })

/** Pays for a hold and checks that it is CONFIRMED. Undefined where the refusal is explained. */
export async function pay(
  rush: Rush,
  fan: Fan,
  hold: HoldRecord,
  method: 'BALANCE' | 'CARD',
): Promise<PaymentRecord | undefined> {
  const { cardToken } = fan.profile
  const attempt: PaymentAttempt = { method, cardToken, amount: hold.amount, balance: fan.balance }
  const call = {
    step: 'pay',
    method: 'POST',
    path: '/payments',
    body: {
      reservationId: hold.reservationId,
      paymentMethod: method,
      ...(method === 'CARD' ? { card: { token: cardToken } } : {}),
    },
    schema: paymentAnswer,
  } as const
  const answer = await askWithKey(rush, fan, call, 'payment', 'admitted', (data) => data.paymentId)
  if (answer.kind === 'refused') {
    const { refusal } = answer
    if (refusal.status >= 500) fan.record.moneyUncertain = true
    const details = failureDetails.safeParse(refusal.details)
    const code =
      refusal.code === 'PAYMENT_FAILED' && details.success ? refusalCodeOf(details.data.reason) : refusal.code
    fan.acceptRefusal('pay', { ...answer, refusal: { ...refusal, code } }, attempt)
    return undefined
  }
  const record = recordPayment(fan, hold, answer.data, method)
  const settled = answer.data.status === 'PENDING' ? await askUntilSettled(rush, fan, record) : answer.data
  if (settled.status !== 'APPROVED') {
    record.failed = true
    acceptFailedPayment(fan, settled, attempt)
    return undefined
  }
  record.approved = true
  if (method === 'BALANCE' && fan.balance !== undefined) fan.balance -= hold.amount
  await checkConfirmed(fan, hold)
  return record
}

function recordPayment(
  fan: Fan,
  hold: HoldRecord,
  payment: Payment,
  method: 'BALANCE' | 'CARD',
): PaymentRecord {
  const { paymentId, reservationId, amount } = payment
  const record: PaymentRecord = {
    paymentId,
    reservationId,
    amount,
    method,
    approved: false,
    failed: false,
    cancelled: false,
  }
  fan.record.payments.push(record)
  if (reservationId !== hold.reservationId || amount !== hold.amount || payment.paymentMethod !== method) {
    fan.reportUnexpected(
      'pay',
      'WRONG_ANSWER',
      `paid ${hold.amount} for ${hold.reservationId}: ${JSON.stringify(payment)}`,
    )
  }
  return record
}

/** Asks until a payment is no longer PENDING. */
async function askUntilSettled(rush: Rush, fan: Fan, payment: PaymentRecord): Promise<Payment> {
  return askPaymentUntil(rush, fan, payment, (status) => status !== 'PENDING')
}

/** Asks for a payment until it has an awaited status. After SETTLE_MS it counts as unexpected, and the visit ends. */
export async function askPaymentUntil(
  rush: Rush,
  fan: Fan,
  { paymentId }: PaymentRecord,
  isAwaited: (status: Payment['status']) => boolean,
): Promise<Payment> {
  const until = Date.now() + SETTLE_MS
  for (let asked = 0; ; asked += 1) {
    const call = {
      step: 'payment',
      method: 'GET',
      path: `/payments/${paymentId}`,
      schema: paymentAnswer,
    } as const
    const answer = await fan.ask(call, 'no token')
    if (answer.kind === 'refused') {
      fan.acceptRefusal('payment', answer)
      throw new VisitEnded('failed')
    }
    if (isAwaited(answer.data.status)) return answer.data
    if (Date.now() > until) {
      fan.reportUnexpected(
        'payment',
        'NOT_SETTLED',
        `payment ${paymentId} is ${answer.data.status} after ${SETTLE_MS} ms`,
      )
      throw new VisitEnded('failed')
    }
    await rush.settling.pause(Math.min(ASK_MAX_MS, ASK_MS * 1.5 ** asked) * fan.random.between(0.9, 1.1))
  }
}

/** A payment that was answered 202 can fail later: its reason then is the refusal. REFUNDED means that the seats were gone. */
function acceptFailedPayment(fan: Fan, payment: Payment, attempt: PaymentAttempt): void {
  const code = typeof payment['reason'] === 'string' ? refusalCodeOf(payment['reason']) : payment.status
  const refusal = {
    status: 402,
    code,
    message: `payment ${payment.paymentId} ended as ${payment.status}`,
    details: null,
  }
  fan.acceptRefusal(
    'pay',
    { refusal: { ...refusal, requestId: '' }, answeredAt: Date.now(), triedBefore: true },
    attempt,
  )
}

// The reason TIMEOUT of a saga is PAYMENT_TIMEOUT as a refusal, because the code TIMEOUT is that of an unanswered request.
function refusalCodeOf(reason: string): string {
  return reason === 'TIMEOUT' ? 'PAYMENT_TIMEOUT' : reason
}

async function checkConfirmed(fan: Fan, hold: HoldRecord): Promise<void> {
  const path = `/reservations/${hold.reservationId}`
  const answer = await fan.ask(
    { step: 'reservation', method: 'GET', path, schema: reservationAnswer },
    'no token',
  )
  if (answer.kind === 'refused') {
    fan.acceptRefusal('reservation', answer)
    throw new VisitEnded('failed')
  }
  if (answer.data.status !== 'CONFIRMED') {
    fan.reportUnexpected(
      'reservation',
      'NOT_CONFIRMED',
      `${hold.reservationId} is paid and ${answer.data.status}`,
    )
    throw new VisitEnded('failed')
  }
  hold.confirmedAt = Date.now()
}
