import { UnreadableMessageError } from '@frontrow/messaging/envelope'
import { enqueue } from '@frontrow/messaging/outbox'
import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { topics } from '@frontrow/proto/topics'
import type { Context } from './context.ts'
import { commandId } from './command-id.ts'
import type { PurchaseSaga, SagaCommand, SagaMessage } from './purchase-saga.ts'
import { decide, paymentStatusOf } from './purchase-saga.ts'
import { orderRefund } from './sql/card-captures.ts'
import { updatePaymentStatus } from './sql/payments.ts'
import type { LockedSaga } from './sql/purchase-sagas.ts'
import { lockSaga, saveSaga } from './sql/purchase-sagas.ts'

/**
 * Applies one message to its saga in the caller's transaction: it locks the saga, decides, saves, and puts what follows into
 * the outbox. The caller has claimed the message in the inbox. Throws UnreadableMessageError where the message can't be
 * right, which makes it a dead letter.
 */
export async function advancePurchaseSaga(
  ctx: Context,
  tx: Tx,
  paymentId: string,
  message: SagaMessage,
): Promise<void> {
  const locked = await lockSaga(tx, paymentId)
  if (locked === undefined) throw new UnreadableMessageError(`there is no saga of payment ${paymentId}`)
  const now = ctx.now()
  const decision = decide(locked.saga, message, now, sagaLimits(ctx))
  if (decision.kind === 'ignore') return
  if (decision.kind === 'impossible') {
    ctx.events.impossible({ paymentId, state: locked.saga.state, message: message.type })
    throw new UnreadableMessageError(`${message.type} can't be right for a saga in ${locked.saga.state}`)
  }
  await saveSaga(tx, locked, {
    saga: decision.saga,
    deadlineAt: decision.deadlineAt,
    message: message.type,
    now,
  })
  const before = locked.payment.status
  const status = paymentStatusOf(decision.saga.state, before)
  if (status !== before) {
    await updatePaymentStatus(tx, paymentId, { status, reason: decision.saga.reason, now })
  }
  if (decision.command !== null) await sendCommand(ctx, tx, locked.payment, decision.command)
  const event = eventOf(locked, decision.saga, message)
  if (event !== null) await enqueue(tx, ctx.relay, [event])
  onCommit(tx, () => {
    ctx.settled.notify(paymentId)
    if (status !== before)
      ctx.events.settled(status, (now.getTime() - locked.payment.createdAt.getTime()) / 1_000)
    ctx.events.moved({
      paymentId,
      from: locked.saga.state,
      to: decision.saga.state,
      message: message.type,
      reason: decision.saga.reason,
    })
  })
}

/** Reads the saga's limits from the settings. */
export function sagaLimits(ctx: Pick<Context, 'config'>) {
  return {
    replyWaitMs: ctx.config.SAGA_REPLY_WAIT_MS,
    replyWaitMaxMs: ctx.config.SAGA_REPLY_WAIT_MAX_MS,
    takingMoneyAttemptsMax: ctx.config.SAGA_TAKING_MONEY_ATTEMPTS_MAX,
  }
}

/**
 * Sends a command through the outbox, or wakes the card worker for it. A resend carries the id of the first send, so that
 * the receiver knows it for the same message.
 */
export async function sendCommand(
  ctx: Context,
  tx: Tx,
  payment: Pick<LockedSaga['payment'], 'paymentId' | 'reservationId' | 'userId' | 'amount'>,
  command: SagaCommand,
): Promise<void> {
  const { paymentId, reservationId, userId, amount } = payment
  const id = commandId(paymentId, command)
  switch (command) {
    case 'DebitWallet':
    case 'RefundWallet':
      await enqueue(tx, ctx.relay, [
        {
          id,
          topic: topics.walletCommands,
          key: paymentId,
          type: command,
          payload: { paymentId, userId, amount },
        },
      ])
      return
    case 'ConfirmReservation':
      await enqueue(tx, ctx.relay, [
        {
          id,
          topic: topics.reservationCommands,
          key: reservationId,
          type: command,
          payload: { paymentId, reservationId, userId, amount },
        },
      ])
      return
    case 'RefundCard':
      await orderRefund(tx, paymentId)
      onCommit(tx, () => ctx.cardWork.wake())
      return
    case 'CaptureCard':
      // The capture's row was written with the payment, and the worker finds it there until the provider has answered.
      onCommit(tx, () => ctx.cardWork.wake())
      return
  }
}

function eventOf(locked: LockedSaga, saga: PurchaseSaga, message: SagaMessage): OutgoingMessage | null {
  const { paymentId, reservationId, userId, scheduleId, amount, paymentMethod } = locked.payment
  if (saga.state === locked.saga.state) return null
  const common = { topic: topics.paymentEvents, key: reservationId }
  const payload = { paymentId, reservationId, userId, scheduleId, amount }
  const reason = saga.reason ?? 'UNKNOWN'
  switch (saga.state) {
    case 'APPROVED':
      return { ...common, type: 'PaymentApproved', payload: { ...payload, paymentMethod } }
    case 'FAILED':
      return { ...common, type: 'PaymentFailed', payload: { ...payload, reason } }
    case 'REFUNDED': {
      const refundedAmount = 'refundedAmount' in message ? message.refundedAmount : amount
      return { ...common, type: 'PaymentRefunded', payload: { ...payload, reason, refundedAmount } }
    }
    case 'TAKING_MONEY':
    case 'CONFIRMING':
    case 'REFUNDING':
      return null
  }
}
