import { UnreadableMessageError } from '@frontrow/messaging/envelope'
import { enqueue } from '@frontrow/messaging/outbox'
import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit, together } from '@frontrow/postgres/transaction'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import type { TraceContext } from '@frontrow/trace-context/trace-context'
import type { Context } from './context.ts'
import type { SagaCommand, SagaLimits, SagaMessage } from './purchase-saga.ts'
import { decide, paymentStatusOf } from './purchase-saga.ts'
import { commandMessage, eventMessage } from './saga-messages.ts'
import { orderRefunds } from './sql/card-captures.ts'
import type { Payment } from './sql/payments.ts'
import { updatePaymentStatuses } from './sql/payments.ts'
import type { PaymentWithSaga } from './sql/purchase-sagas.ts'
import { lockSagas, saveSagas } from './sql/purchase-sagas.ts'

/** What happened to the saga of a payment. */
export interface SagaNews {
  paymentId: string
  message: SagaMessage
  /** What follows from the message is enqueued and logged under this trace; under the running one by default. */
  trace?: TraceContext | undefined
}

/** A message that can't be right for its saga. Whoever finds it alone reports it (`reportImpossible`). */
class ImpossibleMessageError extends UnreadableMessageError {
  override name = 'ImpossibleMessageError'
  readonly saga: { paymentId: string; state: string; message: string }

  constructor(saga: { paymentId: string; state: string; message: string }) {
    super(`${saga.message} can't be right for a saga in ${saga.state}`)
    this.saga = saga
  }
}

/** One message that moved its saga. */
interface Move {
  news: SagaNews
  before: PaymentWithSaga
  after: PaymentWithSaga
  deadlineAt: Date | null
  command: SagaCommand | null
}

/**
 * Applies messages to their sagas, in their order, in the caller's transaction: one statement locks and loads the sagas, each message
 * is decided in memory, and what changed goes to the database in one piece. The caller has claimed the messages in the inbox. Throws
 * UnreadableMessageError where one of them can't be right or has no saga; nothing of this batch may then be committed.
 */
export async function advancePurchaseSagas(
  ctx: Pick<Context, 'config' | 'now' | 'relay' | 'cardWork' | 'settled' | 'events'>,
  tx: Tx,
  news: readonly SagaNews[],
): Promise<void> {
  if (news.length === 0) return
  const loaded = await lockSagas(
    tx,
    news.map(({ paymentId }) => paymentId),
  )
  const now = ctx.now()
  const moves = decideAll(loaded, news, now, sagaLimits(ctx))
  if (moves.length === 0) return
  const changed = await save(ctx, tx, loaded, moves, now)
  onCommit(tx, () => {
    for (const payment of changed) if (payment.status !== 'PENDING') ctx.settled.settled(payment)
    // Whoever waits for the answer has to hear that it is their turn.
    for (const { after } of moves)
      if (after.saga.state === 'AWAITING_ACTION') ctx.settled.settled(after.payment)
    for (const move of moves) {
      const { trace } = move.news
      if (trace === undefined) report(ctx, move, now)
      else runWithTrace(trace, () => report(ctx, move, now))
    }
  })
}

/** Counts and logs a message that was refused alone. A batch that has it among others comes again in halves, and is not counted. */
export function reportImpossible(ctx: Pick<Context, 'events'>, error: unknown): void {
  if (error instanceof ImpossibleMessageError) ctx.events.impossible(error.saga)
}

/** Reads the saga's limits from the settings. */
export function sagaLimits(ctx: Pick<Context, 'config'>): SagaLimits {
  return {
    replyWaitMs: ctx.config.SAGA_REPLY_WAIT_MS,
    replyWaitMaxMs: ctx.config.SAGA_REPLY_WAIT_MAX_MS,
    takingMoneyAttemptsMax: ctx.config.SAGA_TAKING_MONEY_ATTEMPTS_MAX,
  }
}

/** The second message of a saga is decided on what the first one made of it. */
function decideAll(
  loaded: readonly PaymentWithSaga[],
  news: readonly SagaNews[],
  now: Date,
  limits: SagaLimits,
): Move[] {
  const current = new Map(loaded.map((one) => [one.payment.paymentId, one]))
  const moves: Move[] = []
  for (const one of news) {
    const { paymentId, message } = one
    const before = current.get(paymentId)
    if (before === undefined) throw new UnreadableMessageError(`there is no saga of payment ${paymentId}`)
    const decision = decide(before.saga, message, now, limits)
    if (decision.kind === 'ignore') continue
    if (decision.kind === 'impossible') {
      throw new ImpossibleMessageError({ paymentId, state: before.saga.state, message: message.type })
    }
    const { saga, command, deadlineAt } = decision
    const payment = withStatusOf(saga, before.payment, now)
    const after = { saga, version: before.version + 1, payment }
    current.set(paymentId, after)
    moves.push({ news: one, before, after, deadlineAt, command })
  }
  return moves
}

/** Brings the payment's status in line with its saga. Returns the same object where it does not change. */
function withStatusOf(saga: PaymentWithSaga['saga'], payment: Payment, now: Date): Payment {
  const status = paymentStatusOf(saga.state, payment.status)
  if (status === payment.status) return payment
  return {
    ...payment,
    status,
    reason: saga.reason,
    paidAt: status === 'APPROVED' ? now : payment.paidAt,
    endedAt: status === 'APPROVED' ? payment.endedAt : now,
  }
}

/** Returns the payments whose status changed. The statements don't wait for each other, so they are one round trip. */
async function save(
  ctx: Pick<Context, 'relay' | 'cardWork'>,
  tx: Tx,
  loaded: readonly PaymentWithSaga[],
  moves: readonly Move[],
  now: Date,
): Promise<Payment[]> {
  const last = new Map(moves.map((move) => [move.after.payment.paymentId, move]))
  const sagas = []
  const payments = []
  for (const { version: lockedVersion, payment } of loaded) {
    const move = last.get(payment.paymentId)
    if (move === undefined) continue
    sagas.push({ ...move.after, lockedVersion, deadlineAt: move.deadlineAt })
    if (move.after.payment !== payment) payments.push(move.after.payment)
  }
  const steps = moves.map(({ news, before, after }) => ({
    paymentId: after.payment.paymentId,
    version: after.version,
    message: news.message.type,
    fromState: before.saga.state,
    toState: after.saga.state,
  }))
  const refunds = moves.filter(({ command }) => command === 'RefundCard')
  await together([
    saveSagas(tx, sagas, steps, now),
    payments.length === 0 ? undefined : updatePaymentStatuses(tx, payments),
    refunds.length === 0
      ? undefined
      : orderRefunds(
          tx,
          refunds.map(({ after }) => after.payment.paymentId),
        ),
    enqueue(tx, ctx.relay, moves.flatMap(messagesOf)),
  ])
  // The worker finds the row of a capture that is asked for again in the database, as it found it the first time.
  if (moves.some(({ command }) => command === 'RefundCard' || command === 'CaptureCard')) {
    onCommit(tx, () => ctx.cardWork.wake())
  }
  return payments
}

function messagesOf({ news, before, after, command }: Move): OutgoingMessage[] {
  const messages = [
    command === null ? null : commandMessage(after.payment, command),
    before.saga.state === after.saga.state ? null : eventMessage(after.payment, after.saga, news.message),
  ]
  return messages.flatMap((message) => (message === null ? [] : [{ ...message, trace: news.trace }]))
}

function report(ctx: Pick<Context, 'events'>, { news, before, after }: Move, now: Date): void {
  const { paymentId, status, reason, createdAt } = after.payment
  ctx.events.moved({
    paymentId,
    from: before.saga.state,
    to: after.saga.state,
    message: news.message.type,
    reason: after.saga.reason,
  })
  if (status === before.payment.status) return
  const seconds = (now.getTime() - createdAt.getTime()) / 1_000
  ctx.events.settled({ paymentId, from: before.payment.status, to: status, reason, seconds })
}
