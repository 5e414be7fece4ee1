import { reader } from '@frontrow/messaging/handlers'
import type { Incoming, MessageHandlers } from '@frontrow/messaging/handlers'
import { ConfirmReservation, PaymentRefunded, ScheduleStatusChanged } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import type { z } from 'zod'
import { noteScheduleStatus } from './cancel-schedule.ts'
import { confirmReservation } from './confirm-reservation.ts'
import type { ConfirmCommand } from './confirm-reservation.ts'
import type { Context } from './context.ts'
import { noteRefund } from './note-refund.ts'

/** The topics that this service listens to. */
export const consumedTopics = [topics.reservationCommands, topics.paymentEvents, topics.catalogEvents]

/** What a message asks of reservations. */
export type ReservationMessage =
  | { kind: 'confirm'; command: ConfirmCommand }
  | { kind: 'refunded'; refund: z.output<typeof PaymentRefunded> }
  | { kind: 'schedule-status'; change: z.output<typeof ScheduleStatusChanged> }

/** How messages are read and applied. Other types on these topics are meant for other services. */
export function messageHandlers(ctx: Context): MessageHandlers<ReservationMessage> {
  return {
    readers: {
      ConfirmReservation: reader(ConfirmReservation, (command) => ({ kind: 'confirm', command })),
      PaymentRefunded: reader(PaymentRefunded, (refund) => ({ kind: 'refunded', refund })),
      ScheduleStatusChanged: reader(ScheduleStatusChanged, (change) => ({ kind: 'schedule-status', change })),
    },
    handleMany: async (messages) => {
      for (const message of messages) await runWithTrace(message.trace, () => handle(ctx, message))
    },
  }
}

async function handle(ctx: Context, message: Incoming<ReservationMessage>): Promise<void> {
  const { content } = message
  switch (content.kind) {
    case 'confirm':
      return confirmReservation(ctx, content.command, message)
    case 'refunded':
      return noteRefund(ctx, content.refund, message)
    case 'schedule-status':
      return noteScheduleStatus(ctx, content.change, message)
  }
}
