import { generalRefusals } from '@frontrow/refusals/general-refusals'
import { Refusal } from '@frontrow/refusals/refusal'
import type { RefusalKind } from '@frontrow/refusals/refusal'

/** Every refusal of the system, once: its HTTP status, its gRPC status and its line in the API reference. */
export const refusals = {
  ...generalRefusals,

  QUEUE_TOKEN_REQUIRED: {
    http: 401,
    grpc: 'UNAUTHENTICATED',
    about: 'Send Queue-Token (or the cookie tokenId).',
  },
  QUEUE_TOKEN_INVALID: {
    http: 401,
    grpc: 'UNAUTHENTICATED',
    about: 'Unknown, used, left, expired or not yours.',
  },
  QUEUE_TOKEN_NOT_ACTIVE: {
    http: 403,
    grpc: 'FAILED_PRECONDITION',
    about: 'Still waiting; poll until ACTIVE.',
  },
  QUEUE_TOKEN_EXISTS: {
    http: 409,
    grpc: 'ALREADY_EXISTS',
    about: 'You have a place already; PUT reissues its token.',
  },
  QUEUE_TOKEN_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    about: 'You have no live place in this waiting room.',
  },
  QUEUE_FULL: { http: 503, grpc: 'RESOURCE_EXHAUSTED', about: 'The waiting room is full; try again later.' },
  BOOKING_NOT_OPEN: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    about: 'Outside the on-sale window, or not on sale.',
  },

  VENUE_NOT_FOUND: { http: 404, grpc: 'NOT_FOUND', about: 'No such venue.' },
  CONCERT_NOT_FOUND: { http: 404, grpc: 'NOT_FOUND', about: 'No such concert.' },
  SCHEDULE_NOT_FOUND: { http: 404, grpc: 'NOT_FOUND', about: 'No such schedule, or not of this concert.' },
  SEAT_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    about: 'The schedule has no such seat; `details.seatIds`.',
  },
  SCHEDULE_NOT_CHANGEABLE: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    about: 'A cancelled schedule stays cancelled.',
  },

  SEAT_TAKEN: { http: 409, grpc: 'ABORTED', about: 'Held or sold; `details.seatIds` says which.' },
  SEAT_LIMIT_EXCEEDED: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    about: 'More seats than one user may have.',
  },
  RESERVATION_NOT_FOUND: { http: 404, grpc: 'NOT_FOUND', about: 'No such reservation of yours.' },
  RESERVATION_EXPIRED: { http: 409, grpc: 'FAILED_PRECONDITION', about: 'The hold ran out.' },
  RESERVATION_NOT_REFRESHABLE: { http: 409, grpc: 'FAILED_PRECONDITION', about: 'Not a live hold.' },
  RESERVATION_NOT_CANCELLABLE: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    about: 'Neither held nor confirmed.',
  },
  REFRESH_LIMIT_EXCEEDED: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    about: 'The hold was extended as often as allowed.',
  },

  PAYMENT_NOT_FOUND: { http: 404, grpc: 'NOT_FOUND', about: 'No such payment of yours.' },
  ALREADY_PAID: { http: 409, grpc: 'ALREADY_EXISTS', about: 'Paid, or being paid by another payment.' },
  RESERVATION_NOT_PAYABLE: { http: 422, grpc: 'FAILED_PRECONDITION', about: 'Cancelled, or of no amount.' },
  INSUFFICIENT_BALANCE: {
    http: 402,
    grpc: 'FAILED_PRECONDITION',
    about: 'The wallet holds less than the amount.',
  },
  CARD_DECLINED: { http: 402, grpc: 'FAILED_PRECONDITION', about: 'The card provider said no.' },
  PAYMENT_FAILED: { http: 402, grpc: 'FAILED_PRECONDITION', about: 'Not paid; `details.reason` says why.' },
  BALANCE_LIMIT_EXCEEDED: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    about: 'The balance would pass its maximum.',
  },
  DEAD_LETTER_NOT_FOUND: { http: 404, grpc: 'NOT_FOUND', about: 'No such parked message.' },
} as const satisfies Record<string, RefusalKind>

/** Codes of `refusals`. */
export type RefusalCode = keyof typeof refusals

/** Makes a refusal to throw; `message` is shown to the user. */
export function refuse(
  code: RefusalCode,
  message: string,
  extras: { details?: unknown; retryAfterSeconds?: number; cause?: unknown } = {},
): Refusal {
  return new Refusal(code, refusals[code], message, extras)
}

/** Whether `error` is the refusal `code`. */
export function isRefusal(error: unknown, code?: RefusalCode): error is Refusal {
  return error instanceof Refusal && (code === undefined || error.code === code)
}

/** Turns a code that came over the wire back into its kind; undefined for a code this version does not know. */
export function refusalKind(code: string): RefusalKind | undefined {
  const kinds: Readonly<Record<string, RefusalKind>> = refusals
  return Object.hasOwn(kinds, code) ? kinds[code] : undefined
}
