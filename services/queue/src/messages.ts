import { handler } from '@frontrow/messaging/consumer'
import type { Handler } from '@frontrow/messaging/consumer'
import { PaymentApproved } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { QueueContext } from './context.ts'
import { markTokenUsed } from './mark-token-used.ts'

/** What this service listens to. */
export const listensTo = [topics.paymentEvents]

/** By message type. */
export function messageHandlers(ctx: QueueContext): Record<string, Handler> {
  return {
    PaymentApproved: handler(PaymentApproved, async ({ scheduleId, userId }, message) => {
      await markTokenUsed(ctx, { scheduleId, userId }, message)
    }),
  }
}
