import { reader } from '@frontrow/messaging/handlers'
import type { Reader } from '@frontrow/messaging/handlers'
import * as events from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { z } from 'zod'

/** The topics whose events are told to people and systems. */
export const newsTopics = [topics.paymentEvents, topics.reservationEvents, topics.catalogEvents]

// A place in the waiting room is nobody's business but the queue's.
const withoutPlace = { queuePlace: true } as const

const schemas = {
  PaymentApproved: events.PaymentApproved,
  PaymentFailed: events.PaymentFailed,
  PaymentRefunded: events.PaymentRefunded,
  ReservationHeld: events.ReservationHeld.omit(withoutPlace),
  ReservationRefreshed: events.ReservationRefreshed.omit(withoutPlace),
  ReservationConfirmed: events.ReservationConfirmed.omit(withoutPlace),
  ReservationCancelled: events.ReservationCancelled.omit(withoutPlace),
  ReservationExpired: events.ReservationExpired.omit(withoutPlace),
  ScheduleCreated: events.ScheduleCreated,
  ScheduleMoved: events.ScheduleMoved,
  ScheduleSeatsAdded: events.ScheduleSeatsAdded,
  ScheduleStatusChanged: events.ScheduleStatusChanged,
}

type Type = keyof typeof schemas

/** Events of one type; `T` may be a union, and is one for `News`. */
type NewsOf<T extends Type> = {
  [K in T]: { eventId: string; at: Date; type: K; data: z.output<(typeof schemas)[K]> }
}[T]

/** Something that happened, of which people or systems may want to hear. */
export type News = NewsOf<Type>

type About = Pick<News, 'eventId' | 'at'>

function tell<S extends z.ZodType>(
  schema: S,
  toNews: (data: z.output<S>, about: About) => News,
): Reader<News> {
  return reader(schema, (data, { id, time }) => toNews(data, { eventId: id, at: time }))
}

/** Reads news, by the type of the message. */
export const newsReaders: Readonly<Record<Type, Reader<News>>> = {
  PaymentApproved: tell(schemas.PaymentApproved, (data, about) => ({
    ...about,
    type: 'PaymentApproved',
    data,
  })),
  PaymentFailed: tell(schemas.PaymentFailed, (data, about) => ({ ...about, type: 'PaymentFailed', data })),
  PaymentRefunded: tell(schemas.PaymentRefunded, (data, about) => ({
    ...about,
    type: 'PaymentRefunded',
    data,
  })),
  ReservationHeld: tell(schemas.ReservationHeld, (data, about) => ({
    ...about,
    type: 'ReservationHeld',
    data,
  })),
  ReservationRefreshed: tell(schemas.ReservationRefreshed, (data, about) => ({
    ...about,
    type: 'ReservationRefreshed',
    data,
  })),
  ReservationConfirmed: tell(schemas.ReservationConfirmed, (data, about) => ({
    ...about,
    type: 'ReservationConfirmed',
    data,
  })),
  ReservationCancelled: tell(schemas.ReservationCancelled, (data, about) => ({
    ...about,
    type: 'ReservationCancelled',
    data,
  })),
  ReservationExpired: tell(schemas.ReservationExpired, (data, about) => ({
    ...about,
    type: 'ReservationExpired',
    data,
  })),
  ScheduleCreated: tell(schemas.ScheduleCreated, (data, about) => ({
    ...about,
    type: 'ScheduleCreated',
    data,
  })),
  ScheduleMoved: tell(schemas.ScheduleMoved, (data, about) => ({ ...about, type: 'ScheduleMoved', data })),
  ScheduleSeatsAdded: tell(schemas.ScheduleSeatsAdded, (data, about) => ({
    ...about,
    type: 'ScheduleSeatsAdded',
    data,
  })),
  ScheduleStatusChanged: tell(schemas.ScheduleStatusChanged, (data, about) => ({
    ...about,
    type: 'ScheduleStatusChanged',
    data,
  })),
}
