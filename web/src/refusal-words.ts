import { ApiError, NoAnswerError, UnreadableAnswerError } from '@frontrow/client/errors'

/** Every refusal that a fan can meet and that has a sentence of its own, `refusal.<code>`; a test holds this to the API's own list. */
export const toldRefusals = [
  'INVALID_REQUEST',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'RATE_LIMITED',
  'INTERNAL',
  'UNAVAILABLE',
  'TIMEOUT',
  'IDEMPOTENCY_IN_PROGRESS',
  'IDEMPOTENCY_KEY_REUSED',
  'QUEUE_TOKEN_REQUIRED',
  'QUEUE_TOKEN_INVALID',
  'QUEUE_TOKEN_NOT_ACTIVE',
  'QUEUE_TOKEN_EXISTS',
  'QUEUE_TOKEN_NOT_FOUND',
  'QUEUE_FULL',
  'BOOKING_NOT_OPEN',
  'JOIN_CHECK_REQUIRED',
  'JOIN_CHECK_FAILED',
  'JOIN_CLAIM_REQUIRED',
  'JOIN_CLAIM_TAKEN',
  'CONCERT_NOT_FOUND',
  'SCHEDULE_NOT_FOUND',
  'SEAT_NOT_FOUND',
  'SEAT_LAYOUT_NOT_FOUND',
  'SEAT_TAKEN',
  'ORPHAN_SEAT',
  'PRICE_CHANGED',
  'SEAT_LIMIT_EXCEEDED',
  'RELEASE_LIMIT_EXCEEDED',
  'RESERVATION_NOT_FOUND',
  'RESERVATION_NOT_CONFIRMED',
  'RESERVATION_EXPIRED',
  'RESERVATION_NOT_REFRESHABLE',
  'RESERVATION_NOT_CANCELLABLE',
  'NOT_REFUNDABLE',
  'REFRESH_LIMIT_EXCEEDED',
  'PAYMENT_NOT_FOUND',
  'ALREADY_PAID',
  'AMOUNT_CHANGED',
  'RESERVATION_NOT_PAYABLE',
  'INSUFFICIENT_BALANCE',
  'CARD_DECLINED',
  'PAYMENT_FAILED',
  'CHARGE_NOT_FOUND',
  'BALANCE_LIMIT_EXCEEDED',
  'JOB_NOT_FOUND',
  'TICKET_USED',
  'TICKET_INVALID',
  'TICKET_OF_OTHER_SCHEDULE',
] as const

/** Those that only the console can meet; their sentences are loaded with it. */
export const toldInConsole = [
  'PRECONDITION_FAILED',
  'VENUE_NOT_FOUND',
  'SCHEDULE_NOT_CHANGEABLE',
  'NOTICE_NOT_FOUND',
  'NOTICE_NOT_FAILED',
  'WEBHOOK_NOT_FOUND',
  'WEBHOOK_DISABLED',
  'WEBHOOK_LIMIT_EXCEEDED',
  'DELIVERY_NOT_FOUND',
  'DEAD_LETTER_NOT_FOUND',
  'DEAD_LETTER_BEING_RETRIED',
] as const

const told = [...toldRefusals, ...toldInConsole]

type ToldRefusal = (typeof told)[number]

/** Which sentence tells of a failure: a refusal's own, or what became of the request where nobody answered. */
export type FailureKind = ToldRefusal | 'NO_CONNECTION' | 'NO_ANSWER' | 'UNREADABLE' | 'OTHER'

/** The kind of a failed call. A code that a newer server has and we don't is told as OTHER, with the server's own words. */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof ApiError) return told.find((code) => code === error.code) ?? 'OTHER'
  if (error instanceof NoAnswerError) return error.reason === 'network' ? 'NO_CONNECTION' : 'NO_ANSWER'
  if (error instanceof UnreadableAnswerError) return 'UNREADABLE'
  return 'OTHER'
}
