import { handler } from '@frontrow/messaging/consumer'
import type { Handler } from '@frontrow/messaging/consumer'
import { ConfirmReservation, PaymentRefunded, ScheduleStatusChanged } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import { noteScheduleStatus } from './cancel-schedule.ts'
import { confirmReservation } from './confirm-reservation.ts'
import type { Context } from './context.ts'
import { noteRefund } from './note-refund.ts'

/** The topics that this service listens to. */
export const consumedTopics = [topics.reservationCommands, topics.paymentEvents, topics.catalogEvents]

/** The handler of each message type. Other types on these topics are meant for other services. */
export function messageHandlers(ctx: Context): Readonly<Record<string, Handler>> {
  return {
    ConfirmReservation: handler(ConfirmReservation, (command, message) =>
      confirmReservation(ctx, command, message),
    ),
    PaymentRefunded: handler(PaymentRefunded, (refund, message) => noteRefund(ctx, refund, message)),
    ScheduleStatusChanged: handler(ScheduleStatusChanged, (change, message) =>
      noteScheduleStatus(ctx, change, message),
    ),
  }
}
