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
import { advancePurchaseSagas, reportImpossible } from './advance-purchase-sagas.ts'
import type { SagaNews } from './advance-purchase-sagas.ts'
import type { Context } from './context.ts'

/** The topics this service listens to. */
export const consumedTopics = [topics.walletEvents, topics.reservationEvents]

/** How replies and events are read and applied to sagas. */
export function messageHandlers(
  ctx: Omit<Context, 'cardProvider' | 'getReservation'>,
): MessageHandlers<SagaNews> {
  const advance = claimed<SagaNews>(ctx.pool, (tx, messages) => {
    const fresh = messages.filter(({ isNew }) => isNew)
    return advancePurchaseSagas(
      ctx,
      tx,
      fresh.map(({ content, trace }) => ({ ...content, trace })),
    )
  })
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
    handleMany: async (messages) => {
      try {
        await advance(messages)
      } catch (error) {
        // Of more than one message, some come again, until the one that was refused is alone and a dead letter.
        if (messages.length === 1) reportImpossible(ctx, error)
        throw error
      }
    },
  }
}
