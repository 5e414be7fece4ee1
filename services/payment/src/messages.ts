import { handler } from '@frontrow/messaging/consumer'
import type { Handler } from '@frontrow/messaging/consumer'
import type { Envelope } from '@frontrow/messaging/envelope'
import { claim } from '@frontrow/messaging/inbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import {
  ReservationCancelled,
  ReservationConfirmed,
  ReservationConfirmRefused,
  WalletDebited,
  WalletDebitRefused,
  WalletRefunded,
} from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import { advancePurchaseSaga } from './advance-purchase-saga.ts'
import type { Context } from './context.ts'
import type { SagaMessage } from './purchase-saga.ts'

/** The topics this service listens to. */
export const consumedTopics = [topics.walletEvents, topics.reservationEvents]

/** The handler of each message type. It claims the message and applies it to its saga, so each message is applied once. */
export function messageHandlers(ctx: Context): Record<string, Handler> {
  const apply = (message: Envelope, paymentId: string, sagaMessage: SagaMessage): Promise<void> =>
    inTransaction(ctx.pool, async (tx) => {
      if (await claim(tx, message)) await advancePurchaseSaga(ctx, tx, paymentId, sagaMessage)
    })
  return {
    WalletDebited: handler(WalletDebited, (value, message) =>
      apply(message, value.paymentId, { type: 'WalletDebited' }),
    ),
    WalletDebitRefused: handler(WalletDebitRefused, (value, message) =>
      apply(message, value.paymentId, { type: 'WalletDebitRefused', reason: value.reason }),
    ),
    WalletRefunded: handler(WalletRefunded, (value, message) =>
      apply(message, value.paymentId, { type: 'WalletRefunded', refundedAmount: value.refundedAmount }),
    ),
    ReservationConfirmed: handler(ReservationConfirmed, (value, message) =>
      apply(message, value.paymentId, { type: 'ReservationConfirmed' }),
    ),
    ReservationConfirmRefused: handler(ReservationConfirmRefused, (value, message) =>
      apply(message, value.paymentId, { type: 'ReservationConfirmRefused', reason: value.reason }),
    ),
    ReservationCancelled: handler(ReservationCancelled, async (value, message) => {
      // A hold that nobody had paid for has no saga.
      if (value.paymentId === null) return
      await apply(message, value.paymentId, { type: 'ReservationCancelled', reason: value.reason })
    }),
  }
}
