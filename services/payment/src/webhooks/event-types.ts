import type { News } from '../notify/news.ts'

/** What a receiver calls each event. Names are for good, since receivers compare them. */
const names = {
  PaymentApproved: 'payment.approved',
  PaymentFailed: 'payment.failed',
  PaymentRefunded: 'payment.refunded',
  ReservationHeld: 'reservation.held',
  ReservationRefreshed: 'reservation.refreshed',
  ReservationConfirmed: 'reservation.confirmed',
  ReservationCancelled: 'reservation.cancelled',
  ReservationExpired: 'reservation.expired',
  ScheduleCreated: 'schedule.created',
  ScheduleMoved: 'schedule.moved',
  ScheduleSeatsAdded: 'schedule.seats_added',
  ScheduleStatusChanged: 'schedule.status_changed',
} as const satisfies Readonly<Record<News['type'], string>>

/** The events that webhooks can be registered for. */
export const webhookEventTypes = Object.values(names)

/** One event as it is delivered. */
export interface WebhookEvent {
  eventId: string
  eventType: string
  /** Deliveries about the same subject go out one after the other. */
  subject: string
  /** The JSON that is signed and sent. */
  body: string
}

/** Writes an event as receivers get it: the form of Standard Webhooks, with the data of our own message. */
export function toWebhookEvent({ type, eventId, at, data }: News): WebhookEvent {
  const eventType = names[type]
  return {
    eventId,
    eventType,
    subject: 'reservationId' in data ? data.reservationId : `schedule ${data.scheduleId}`,
    body: JSON.stringify({ type: eventType, timestamp: at.toISOString(), data }),
  }
}
