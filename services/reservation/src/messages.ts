import { reader } from '@frontrow/messaging/handlers'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { claimed } from '@frontrow/messaging/inbox'
import type { Claimed } from '@frontrow/messaging/inbox'
import { onCommit } from '@frontrow/postgres/transaction'
import {
  ConfirmReservation,
  JobAccepted,
  PaymentRefunded,
  ScheduleStatusChanged,
} from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { z } from 'zod'
import { noteScheduleStatuses } from './cancel-schedule.ts'
import { confirmReservations } from './confirm-reservations.ts'
import type { ConfirmCommand } from './confirm-reservations.ts'
import type { Context } from './context.ts'
import type { JobWorkers } from './jobs/job-workers.ts'
import { noteRefunds } from './note-refunds.ts'

/** The topics that this service listens to. */
export const consumedTopics = [
  topics.reservationCommands,
  topics.reservationJobs,
  topics.paymentEvents,
  topics.catalogEvents,
]

type Refund = z.output<typeof PaymentRefunded>
type AcceptedJob = z.output<typeof JobAccepted>
type StatusChange = z.output<typeof ScheduleStatusChanged>

/** What a message asks of reservations. */
export type ReservationMessage =
  | { kind: 'confirm'; command: ConfirmCommand }
  | { kind: 'refunded'; refund: Refund }
  | { kind: 'schedule-status'; change: StatusChange }
  | { kind: 'job'; job: AcceptedJob }

/** How messages are read and applied. Other types on these topics are meant for other services. */
export function messageHandlers(
  ctx: Context,
  workers: Pick<JobWorkers, 'wake'>,
): MessageHandlers<ReservationMessage> {
  return {
    readers: {
      ConfirmReservation: reader(ConfirmReservation, (command) => ({ kind: 'confirm', command })),
      PaymentRefunded: reader(PaymentRefunded, (refund) => ({ kind: 'refunded', refund })),
      ScheduleStatusChanged: reader(ScheduleStatusChanged, (change) => ({ kind: 'schedule-status', change })),
      JobAccepted: reader(JobAccepted, (job) => ({ kind: 'job', job })),
    },
    handleMany: claimed(ctx.pool, async (tx, messages) => {
      // The kinds come from topics of their own, so messages of two kinds have no order among themselves.
      const { commands, refunds, changes, jobs } = byKind(messages)
      await noteScheduleStatuses(ctx, tx, changes)
      await confirmReservations(
        ctx,
        tx,
        commands,
        refunds.map(({ content }) => content.reservationId),
      )
      await noteRefunds(ctx, tx, refunds)
      // Jobs take longer than messages may, and their rows say what is left to do: so they are run beside, and a repeat wakes a schedule for nothing.
      onCommit(tx, () => {
        for (const { content } of jobs) workers.wake(content.scheduleId)
      })
    }),
  }
}

function byKind(messages: readonly Claimed<ReservationMessage>[]) {
  const commands: Claimed<ConfirmCommand>[] = []
  const refunds: Claimed<Refund>[] = []
  const changes: Claimed<StatusChange>[] = []
  const jobs: Claimed<AcceptedJob>[] = []
  for (const message of messages) {
    const { content } = message
    switch (content.kind) {
      case 'confirm':
        commands.push({ ...message, content: content.command })
        break
      case 'refunded':
        refunds.push({ ...message, content: content.refund })
        break
      case 'schedule-status':
        changes.push({ ...message, content: content.change })
        break
      case 'job':
        jobs.push({ ...message, content: content.job })
        break
    }
  }
  return { commands, refunds, changes, jobs }
}
