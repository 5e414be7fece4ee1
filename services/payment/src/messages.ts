import { reader } from '@frontrow/messaging/handlers'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { claimed } from '@frontrow/messaging/inbox'
import {
  ReservationCancelled,
  ReservationConfirmed,
  ReservationConfirmRefused,
  WalletDebited,
  WalletDebitRefused,
  WalletRefunded,
} from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import { advancePurchaseSaga } from './advance-purchase-saga.ts'
import type { Context } from './context.ts'
import type { SagaMessage } from './purchase-saga.ts'

/** The topics this service listens to. */
export const consumedTopics = [topics.walletEvents, topics.reservationEvents]

/** What happened to the saga of a payment. */
export interface SagaNews {
  paymentId: string
  message: SagaMessage
}

/** How replies and events are read and applied to sagas. */
export function messageHandlers(ctx: Context): MessageHandlers<SagaNews> {
  return {
    readers: {
      WalletDebited: reader(WalletDebited, ({ paymentId }) => ({
        paymentId,
        message: { type: 'WalletDebited' },
      })),
      WalletDebitRefused: reader(WalletDebitRefused, ({ paymentId, reason }) => ({
        paymentId,
        message: { type: 'WalletDebitRefused', reason },
      })),
      WalletRefunded: reader(WalletRefunded, ({ paymentId, refundedAmount }) => ({
        paymentId,
        message: { type: 'WalletRefunded', refundedAmount },
      })),
      ReservationConfirmed: reader(ReservationConfirmed, ({ paymentId }) => ({
        paymentId,
        message: { type: 'ReservationConfirmed' },
      })),
      ReservationConfirmRefused: reader(ReservationConfirmRefused, ({ paymentId, reason }) => ({
        paymentId,
        message: { type: 'ReservationConfirmRefused', reason },
      })),
      // A hold that nobody had paid for has no saga.
      ReservationCancelled: reader(ReservationCancelled, ({ paymentId, reason }) =>
        paymentId === null ? null : { paymentId, message: { type: 'ReservationCancelled', reason } },
      ),
    },
    handleMany: claimed(ctx.pool, async (tx, messages) => {
      for (const { content, trace, isNew } of messages) {
        if (!isNew) continue
        await runWithTrace(trace, () => advancePurchaseSaga(ctx, tx, content.paymentId, content.message))
      }
    }),
  }
}
