import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import { topics } from '@frontrow/proto/topics'
import { commandId } from './command-id.ts'
import type { PurchaseSaga, SagaCommand, SagaMessage } from './purchase-saga.ts'
import type { Payment } from './sql/payments.ts'

/**
 * The message that carries a command, or null where the command is work of the card worker, which finds it in `card_captures`. A
 * resend has the id of the first send, so that the receiver knows it for the same message.
 */
export function commandMessage(
  payment: Pick<Payment, 'paymentId' | 'reservationId' | 'userId' | 'amount'>,
  command: SagaCommand,
): OutgoingMessage | null {
  const { paymentId, reservationId, userId, amount } = payment
  switch (command) {
    case 'DebitWallet':
    case 'RefundWallet':
      return {
        id: commandId(paymentId, command),
        topic: topics.walletCommands,
        key: paymentId,
        type: command,
        payload: { paymentId, userId, amount },
      }
    case 'ConfirmReservation':
      return {
        id: commandId(paymentId, command),
        topic: topics.reservationCommands,
        key: reservationId,
        type: command,
        payload: { paymentId, reservationId, userId, amount },
      }
    case 'RefundCard':
    case 'CaptureCard':
      return null
  }
}

/** The event that tells others of the state that `message` brought a saga to, or null where the saga is still at work. */
export function eventMessage(
  payment: Payment,
  saga: PurchaseSaga,
  message: SagaMessage,
): OutgoingMessage | null {
  const { paymentId, reservationId, userId, scheduleId, amount, paymentMethod } = payment
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
    case 'AWAITING_ACTION':
    case 'CONFIRMING':
    case 'REFUNDING':
      return null
  }
}
