import { randomUUID } from 'node:crypto'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'

/** A place by its identity, and whose it is. */
export interface HoldersPlace {
  scheduleId: number
  userId: string
  sequence: number
}

/** Which message it is: equal ids are one message, and messages of one key come in their order. */
interface Identity {
  id?: string
  key?: string
}

/** Says what the reservation service would say about the holds of a place. */
export interface ReservationsStandIn {
  /** A hold was made, or with `refreshed` kept, until then. */
  held(place: HoldersPlace, untilMs: number, which?: Identity & { refreshed?: boolean }): Promise<void>
  /** A hold was paid, and so many others of the place are live. */
  confirmed(place: HoldersPlace, liveHoldsLeft: number, which?: Identity): Promise<void>
  /** A hold was given up, and so many others of the place are live. */
  cancelled(place: HoldersPlace, liveHoldsLeft: number, which?: Identity): Promise<void>
  stop(): Promise<void>
}

/** Connects to the broker of the test. */
export async function startReservations(environment: TestEnvironment): Promise<ReservationsStandIn> {
  const kafka = createKafka({
    clientId: 'reservation-stand-in',
    brokers: environment.kafkaBrokers.split(','),
    logger: createLogger({ service: 'reservation-stand-in', level: 'silent' }),
  })
  const producer = createProducer(kafka)
  await producer.connect()
  const send = async (type: string, { scheduleId, userId }: HoldersPlace, more: object, which: Identity) => {
    const { id = randomUUID(), key: reservationId = randomUUID() } = which
    const about = { id, type, source: 'frontrow/reservation', time: new Date() }
    const value = JSON.stringify({ reservationId, userId, scheduleId, seatIds: [1], totalAmount: 1, ...more })
    await producer.send({
      topic: environment.topicPrefix + topics.reservationEvents,
      acks: -1,
      messages: [
        { key: reservationId, value, headers: toHeaders({ ...about, traceparent: null, requestId: null }) },
      ],
    })
  }
  return {
    held(place, untilMs, { refreshed = false, ...which } = {}) {
      const { sequence } = place
      const more = { expiresAt: new Date(untilMs).toISOString(), queuePlace: { sequence } }
      return send(refreshed ? 'ReservationRefreshed' : 'ReservationHeld', place, more, which)
    },
    confirmed(place, liveHoldsLeft, which = {}) {
      const queuePlace = { sequence: place.sequence, liveHoldsLeft }
      return send('ReservationConfirmed', place, { paymentId: randomUUID(), queuePlace }, which)
    },
    cancelled(place, liveHoldsLeft, which = {}) {
      const queuePlace = { sequence: place.sequence, liveHoldsLeft }
      return send(
        'ReservationCancelled',
        place,
        { paymentId: null, reason: 'USER_CANCELLED', queuePlace },
        which,
      )
    },
    stop: () => producer.disconnect(),
  }
}
