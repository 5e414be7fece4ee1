import { reader } from '@frontrow/messaging/handlers'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { claimed } from '@frontrow/messaging/inbox'
import type { Tx } from '@frontrow/postgres/pool'
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
import type { SagaMessage } from './purchase-saga.ts'
import { findPendingPayments } from './sql/payments.ts'

/** The topics this service listens to. */
export const consumedTopics = [topics.walletEvents, topics.reservationEvents]

/** What happened to the saga of a payment, or to a hold that has a saga only where it is being paid for. */
type News = SagaNews | { reservationId: string; message: SagaMessage }

/** How replies and events are read and applied to sagas. */
export function messageHandlers(
  ctx: Omit<Context, 'cardProvider' | 'getReservation'>,
): MessageHandlers<News> {
  const advance = claimed<News>(ctx.pool, async (tx, messages) => {
    const fresh = messages.filter(({ isNew }) => isNew)
    const payments = await findPaymentsOfHolds(tx, fresh)
    await advancePurchaseSagas(
      ctx,
      tx,
      fresh.flatMap(({ content, trace }) => {
        const paymentId = 'paymentId' in content ? content.paymentId : payments.get(content.reservationId)
        return paymentId === undefined ? [] : [{ paymentId, message: content.message, trace }]
      }),
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
      // A hold names no payment. One may be at work all the same.
      ReservationCancelled: reader(ReservationCancelled, ({ paymentId, reservationId, reason }) => {
        const message = { type: 'ReservationCancelled', reason } as const
        return paymentId === null ? { reservationId, message } : { paymentId, message }
      }),
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

async function findPaymentsOfHolds(
  tx: Tx,
  messages: readonly { content: News }[],
): Promise<ReadonlyMap<string, string>> {
  const reservationIds = messages.flatMap(({ content }) =>
    'reservationId' in content ? [content.reservationId] : [],
  )
  return reservationIds.length === 0 ? new Map() : findPendingPayments(tx, reservationIds)
}
