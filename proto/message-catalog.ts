import type { z } from 'zod'
import * as events from './events.ts'
import { fieldMeanings } from './message-fields.ts'
import { topics } from './topics.ts'

/**
 * What the topics carry, for those who read them: the source of docs/events.md and docs/asyncapi.json. A schema of events.ts that is
 * missing here, an example that its schema refuses and a field without a meaning are found by a test.
 */

/** The service that publishes a topic or takes a message. */
type Service = 'queue' | 'catalog' | 'reservation' | 'payment' | 'wallet'

/** One topic. Only its producer writes to it. */
export interface TopicContract {
  address: string
  producer: Service
  summary: string
}

/**
 * What a message is. An event tells of a change that has been made: build on these. A command asks another service for a change, and a
 * reply answers it; both belong to the services, and are here so that nobody has to guess what else a topic carries.
 */
export type MessageKind = 'event' | 'command' | 'reply'

/** One message, by its `ce_type`. */
export interface MessageContract {
  topic: TopicKey
  kind: MessageKind
  summary: string
  /** The field of the value that is the message's key, as text. */
  key: string
  schema: z.ZodObject
  /** The services that act on it. */
  takenBy: readonly Service[]
  example: object
}

type TopicKey = keyof typeof topics

/** Every topic, by its key in topics.ts. */
export const topicContracts: Readonly<Record<TopicKey, TopicContract>> = {
  reservationEvents: {
    address: topics.reservationEvents,
    producer: 'reservation',
    summary: 'What becomes of holds, reservations and seats that the house keeps back.',
  },
  paymentEvents: {
    address: topics.paymentEvents,
    producer: 'payment',
    summary: 'How payments end.',
  },
  catalogEvents: {
    address: topics.catalogEvents,
    producer: 'catalog',
    summary: 'Schedules that are new or were changed.',
  },
  walletEvents: {
    address: topics.walletEvents,
    producer: 'wallet',
    summary:
      'What payments have done to wallets. Charges and points that are used outside of a payment are not here.',
  },
  walletCommands: {
    address: topics.walletCommands,
    producer: 'payment',
    summary: 'What payments ask of wallets.',
  },
  reservationCommands: {
    address: topics.reservationCommands,
    producer: 'payment',
    summary: 'What payments ask of reservations.',
  },
  reservationJobs: {
    address: topics.reservationJobs,
    producer: 'reservation',
    summary: 'Work that the reservation service leaves to itself.',
  },
}

const paymentId = '01890a5d-ac96-774b-bcce-b302099a8057'
const reservationId = '01890a5d-a1f0-7c3e-9d2a-5b8c6f1e4a90'
const userId = '101'
const amount = 300_000
const reservation = { reservationId, userId, scheduleId: 42, seatIds: [1_001, 1_002] }
const queuePlace = { sequence: 317 }
const placeAfter = { sequence: 317, liveHoldsLeft: 0 }
const payment = { paymentId, reservationId, userId, scheduleId: 42, amount }
const blocks = [{ blockId: '01890a5d-b7c2-7e11-8f4d-2a9b3c5d6e7f', seatId: 1_003 }]

/** Every message, by its `ce_type`, which is the name of its schema in events.ts. */
export const messageContracts: Readonly<Record<string, MessageContract>> = {
  ReservationHeld: contract(events.ReservationHeld, {
    topic: 'reservationEvents',
    kind: 'event',
    summary: 'Somebody holds seats until a deadline.',
    key: 'reservationId',
    takenBy: ['queue', 'catalog'],
    example: { ...reservation, totalAmount: amount, expiresAt: '2027-03-01T10:05:00.000Z', queuePlace },
  }),
  ReservationRefreshed: contract(events.ReservationRefreshed, {
    topic: 'reservationEvents',
    kind: 'event',
    summary: 'A live hold was extended to a later deadline.',
    key: 'reservationId',
    takenBy: ['queue'],
    example: { ...reservation, expiresAt: '2027-03-01T10:09:00.000Z', queuePlace },
  }),
  ReservationConfirmed: contract(events.ReservationConfirmed, {
    topic: 'reservationEvents',
    kind: 'event',
    summary:
      'A reservation is paid for and its seats are sold. It is also the reply to ConfirmReservation, and a repeated command is answered by the same message.',
    key: 'reservationId',
    takenBy: ['payment', 'queue'],
    example: { ...reservation, paymentId, totalAmount: amount, queuePlace: placeAfter },
  }),
  ReservationConfirmRefused: contract(events.ReservationConfirmRefused, {
    topic: 'reservationEvents',
    kind: 'reply',
    summary: 'A reservation could not be confirmed; its payment is given back.',
    key: 'reservationId',
    takenBy: ['payment'],
    example: { paymentId, reservationId, reason: 'RESERVATION_EXPIRED' },
  }),
  ReservationCancelled: contract(events.ReservationCancelled, {
    topic: 'reservationEvents',
    kind: 'event',
    summary:
      'A live reservation was cancelled and its seats are free. Where `paymentId` is set it had been CONFIRMED, and PaymentRefunded follows.',
    key: 'reservationId',
    takenBy: ['payment', 'catalog'],
    example: { ...reservation, paymentId, reason: 'USER_CANCELLED', queuePlace: placeAfter },
  }),
  ReservationExpired: contract(events.ReservationExpired, {
    topic: 'reservationEvents',
    kind: 'event',
    summary: 'A hold ran out and its seats are free. It may come some time after the deadline.',
    key: 'reservationId',
    takenBy: ['catalog'],
    example: { ...reservation, queuePlace: placeAfter },
  }),
  SeatsBlocked: contract(events.SeatsBlocked, {
    topic: 'reservationEvents',
    kind: 'event',
    summary: 'The house took seats off sale.',
    key: 'scheduleId',
    takenBy: ['catalog'],
    example: { scheduleId: 42, blocks },
  }),
  SeatsUnblocked: contract(events.SeatsUnblocked, {
    topic: 'reservationEvents',
    kind: 'event',
    summary: 'The house put seats on sale again.',
    key: 'scheduleId',
    takenBy: ['catalog'],
    example: { scheduleId: 42, blocks },
  }),
  PaymentApproved: contract(events.PaymentApproved, {
    topic: 'paymentEvents',
    kind: 'event',
    summary: 'A sale: the money is taken and the reservation is confirmed.',
    key: 'reservationId',
    takenBy: [],
    example: { ...payment, paymentMethod: 'CARD' },
  }),
  PaymentFailed: contract(events.PaymentFailed, {
    topic: 'paymentEvents',
    kind: 'event',
    summary: 'No money was taken.',
    key: 'reservationId',
    takenBy: [],
    example: { ...payment, reason: 'INSUFFICIENT_BALANCE' },
  }),
  PaymentRefunded: contract(events.PaymentRefunded, {
    topic: 'paymentEvents',
    kind: 'event',
    summary:
      'The money of a payment was given back: of a sale that was undone, or of a payment that never was one, because the seats were gone. Only the former has a PaymentApproved before it.',
    key: 'reservationId',
    takenBy: ['reservation'],
    example: { ...payment, reason: 'USER_CANCELLED', refundedAmount: amount },
  }),
  ScheduleCreated: contract(events.ScheduleCreated, {
    topic: 'catalogEvents',
    kind: 'event',
    summary: 'A concert has a new schedule.',
    key: 'scheduleId',
    takenBy: [],
    example: { scheduleId: 42, concertId: 7, seatCount: 1_000 },
  }),
  ScheduleMoved: contract(events.ScheduleMoved, {
    topic: 'catalogEvents',
    kind: 'event',
    summary: 'A schedule has other times; these are all of them.',
    key: 'scheduleId',
    takenBy: [],
    example: {
      scheduleId: 42,
      performanceAt: '2027-05-02T10:00:00.000Z',
      waitingRoomOpenAt: '2027-03-01T09:30:00.000Z',
      bookingOpenAt: '2027-03-01T10:00:00.000Z',
      bookingCloseAt: '2027-05-02T09:00:00.000Z',
      refundableUntil: '2027-04-30T10:00:00.000Z',
    },
  }),
  ScheduleSeatsAdded: contract(events.ScheduleSeatsAdded, {
    topic: 'catalogEvents',
    kind: 'event',
    summary: 'A schedule has more seats; `seatCount` is all of them.',
    key: 'scheduleId',
    takenBy: [],
    example: { scheduleId: 42, seatCount: 1_200 },
  }),
  ScheduleStatusChanged: contract(events.ScheduleStatusChanged, {
    topic: 'catalogEvents',
    kind: 'event',
    summary:
      'A schedule was put on sale, closed or cancelled. After CANCELLED each of its live reservations has a ReservationCancelled.',
    key: 'scheduleId',
    takenBy: ['reservation'],
    example: { scheduleId: 42, status: 'CANCELLED' },
  }),
  WalletDebited: contract(events.WalletDebited, {
    topic: 'walletEvents',
    kind: 'reply',
    summary: 'The money of a payment was taken from a wallet.',
    key: 'paymentId',
    takenBy: ['payment'],
    example: { paymentId, userId, amount, balance: 200_000 },
  }),
  WalletDebitRefused: contract(events.WalletDebitRefused, {
    topic: 'walletEvents',
    kind: 'reply',
    summary: 'Nothing was taken.',
    key: 'paymentId',
    takenBy: ['payment'],
    example: { paymentId, userId, reason: 'INSUFFICIENT_BALANCE' },
  }),
  WalletRefunded: contract(events.WalletRefunded, {
    topic: 'walletEvents',
    kind: 'reply',
    summary: 'What a payment had taken is in the wallet again.',
    key: 'paymentId',
    takenBy: ['payment'],
    example: { paymentId, userId, refundedAmount: amount },
  }),
  DebitWallet: contract(events.DebitWallet, {
    topic: 'walletCommands',
    kind: 'command',
    summary: 'Take the money of a payment from a wallet, once.',
    key: 'paymentId',
    takenBy: ['wallet'],
    example: { paymentId, userId, amount },
  }),
  RefundWallet: contract(events.RefundWallet, {
    topic: 'walletCommands',
    kind: 'command',
    summary: 'Give back what a payment took, once, and take nothing for it any more.',
    key: 'paymentId',
    takenBy: ['wallet'],
    example: { paymentId, userId, amount },
  }),
  ConfirmReservation: contract(events.ConfirmReservation, {
    topic: 'reservationCommands',
    kind: 'command',
    summary: 'Sell the seats of a live hold to its owner.',
    key: 'reservationId',
    takenBy: ['reservation'],
    example: { paymentId, reservationId, userId, amount },
  }),
  JobAccepted: contract(events.JobAccepted, {
    topic: 'reservationJobs',
    kind: 'command',
    summary: 'A schedule has one more job. Its row says what is to be done, and in which order.',
    key: 'scheduleId',
    takenBy: ['reservation'],
    example: { jobId: '01890a5d-c3d4-7f5a-8b6c-7d8e9f0a1b2c', scheduleId: 42 },
  }),
}

/** What a field of a message means, in every message that has it. Throws where nothing is said about it. */
export function meaningOf(field: string): string {
  const meaning = Object.hasOwn(fieldMeanings, field) ? fieldMeanings[field] : undefined
  if (meaning === undefined) throw new Error(`proto/message-fields.ts does not say what \`${field}\` means`)
  return meaning
}

// Ties the key and the example to the fields of the schema, which the list's type has forgotten.
function contract<S extends z.ZodObject>(
  schema: S,
  rest: Omit<MessageContract, 'schema' | 'key' | 'example'> & {
    key: Extract<keyof z.input<S>, string>
    example: z.input<S> & object
  },
): MessageContract {
  return { schema, ...rest }
}
