import { failpoint } from '@frontrow/failpoints/failpoint'
import { isDatabaseOutage } from '@frontrow/postgres/errors'
import { inOneStatement } from '@frontrow/postgres/transaction'
import type { Refusal } from '@frontrow/refusals/refusal'
import { Batcher } from '@frontrow/service-host/batcher'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import type { TraceContext } from '@frontrow/trace-context/trace-context'
import { sagaLimits } from './advance-purchase-sagas.ts'
import type { Context } from './context.ts'
import { oneByOne } from './one-by-one.ts'
import { answerOf } from './payment-keys.ts'
import { beginSaga } from './purchase-saga.ts'
import { commandMessage } from './saga-messages.ts'
import { beginPayments } from './sql/begin-payments.ts'
import type { NewPayment } from './sql/begin-payments.ts'
import { findRequestsByKey } from './sql/payment-keys.ts'
import type { Payment } from './sql/payments.ts'

/** A payment that may begin: its reservation is held, and says what is to be paid. */
export interface PaymentToBegin extends Pick<
  NewPayment,
  'payment' | 'reserved' | 'key' | 'cardToken' | 'contact'
> {
  /** The trace of the request; what follows from it is sent and logged under it. */
  trace: TraceContext | undefined
}

/**
 * The payment, or the refusal that its key remembers: ALREADY_PAID where the reservation has another live payment. `isRepeat`: an earlier
 * request with the same key came to it, and it is as that request left it.
 */
export type Beginning = { payment: Payment; isRepeat: boolean } | { refusal: Refusal; isRepeat: boolean }

/** Payments that begin; each is answered after the commit. */
export type PaymentBeginnings = Batcher<'all', PaymentToBegin, Beginning>

type BeginningContext = Pick<Context, 'pool' | 'relay' | 'cardWork' | 'events' | 'config' | 'now'>

const BATCH_MAX = 100
const PENDING_MAX = 2_000

/**
 * Payments that begin in one turn of the event loop, or while a statement is in work, share the next statement. Rejects with
 * IDEMPOTENCY_KEY_REUSED.
 */
export function createPaymentBeginnings(ctx: BeginningContext): PaymentBeginnings {
  return new Batcher({
    batchMax: BATCH_MAX,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: (_all, payments) => beginTogether(ctx, payments),
  })
}

async function beginTogether(
  ctx: BeginningContext,
  payments: readonly PaymentToBegin[],
): Promise<(Beginning | Error)[]> {
  let begun: Map<string, Date>
  try {
    const rows = await inOneStatement(ctx.pool, (db) =>
      beginPayments(
        db,
        payments.map((payment) => withSaga(ctx, payment)),
      ),
    )
    failpoint('payment-begun', () => payments.map(({ payment }) => payment.paymentMethod))
    begun = new Map(rows.map(({ paymentId, createdAt }) => [paymentId, createdAt]))
  } catch (error) {
    if (payments.length === 1 || isDatabaseOutage(error)) throw error
    return beginOneByOne(ctx, payments)
  }
  if (begun.size > 0) follow(ctx, payments, begun)
  const others = await answerOthers(
    ctx,
    payments.filter(({ payment }) => !begun.has(payment.paymentId)),
  )
  return payments.map(({ payment }) => {
    const createdAt = begun.get(payment.paymentId)
    if (createdAt !== undefined) return { payment: asBegun(payment, createdAt), isRepeat: false }
    return others.get(payment.paymentId) ?? new Error(`payment ${payment.paymentId} was not looked for`)
  })
}

/** Finds out why payments did not begin, by their ids. It never rejects, because those beside them have begun and must hear of it. */
async function answerOthers(
  ctx: BeginningContext,
  others: readonly PaymentToBegin[],
): Promise<Map<string, Beginning | Error>> {
  if (others.length === 0) return new Map()
  try {
    const found = await findRequestsByKey(
      ctx.pool,
      others.map(({ key }) => key),
    )
    return new Map(
      others.map(({ payment: { paymentId }, key }, index): [string, Beginning | Error] => {
        const request = found[index]
        if (request === undefined) return [paymentId, new Error('a key that is used was not found')]
        const answer = answerOf(request, key.requestHash)
        if (answer instanceof Error) return [paymentId, answer]
        return [paymentId, { ...answer, isRepeat: request.wantedPaymentId !== paymentId }]
      }),
    )
  } catch (error) {
    const failed = asError(error)
    return new Map(others.map(({ payment }) => [payment.paymentId, failed]))
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/**
 * The server has refused the statement, so nothing of it was written: whose content it can't store fails alone. Where the database does
 * not answer one in time, the others are refused with it, because each would wait as long while its client gives up.
 */
async function beginOneByOne(
  ctx: BeginningContext,
  payments: readonly PaymentToBegin[],
): Promise<(Beginning | Error)[]> {
  const answers: (Beginning | Error)[] = []
  try {
    await oneByOne(
      payments,
      async (payment) => {
        answers.push(...(await beginTogether(ctx, [payment])))
      },
      (_payment, error) => {
        answers.push(asError(error))
      },
    )
    return answers
  } catch (error) {
    const outage = asError(error)
    return payments.map((_payment, index) => answers[index] ?? outage)
  }
}

function withSaga(ctx: BeginningContext, { trace, ...toBegin }: PaymentToBegin): NewPayment {
  const { payment } = toBegin
  const { saga, deadlineAt, command } = beginSaga(payment.paymentMethod, ctx.now(), sagaLimits(ctx))
  const message = command === null ? null : commandMessage(payment, command)
  return {
    ...toBegin,
    saga,
    deadlineAt,
    command: message === null ? null : { ...message, trace },
  }
}

function asBegun(payment: NewPayment['payment'], createdAt: Date): Payment {
  return { ...payment, status: 'PENDING', reason: null, createdAt, paidAt: null, endedAt: null }
}

/** Wakes whoever does the first step of what has begun. */
function follow(
  ctx: BeginningContext,
  payments: readonly PaymentToBegin[],
  begun: ReadonlyMap<string, Date>,
): void {
  let isWallet = false
  let isCard = false
  for (const { payment, cardToken, trace } of payments) {
    if (!begun.has(payment.paymentId)) continue
    if (cardToken === null) isWallet = true
    else isCard = true
    if (trace === undefined) ctx.events.begun(payment)
    else runWithTrace(trace, () => ctx.events.begun(payment))
  }
  if (isWallet) ctx.relay.wake()
  if (isCard) ctx.cardWork.wake()
}
