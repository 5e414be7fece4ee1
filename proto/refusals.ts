import { generalRefusals } from '@frontrow/refusals/general-refusals'
import { Refusal, refusalRow, refuser } from '@frontrow/refusals/refusal'
import type { RefusalKind } from '@frontrow/refusals/refusal'

/** Every refusal of the system, once: its HTTP status, its gRPC status and its line in the API reference. */
export const refusals = {
  ...generalRefusals,

  QUEUE_TOKEN_REQUIRED: refusalRow(401, 'UNAUTHENTICATED', 'Send Queue-Token (or the cookie tokenId).'),
  QUEUE_TOKEN_INVALID: refusalRow(401, 'UNAUTHENTICATED', 'Unknown, used, left, expired or not yours.'),
  QUEUE_TOKEN_NOT_ACTIVE: refusalRow(403, 'FAILED_PRECONDITION', 'Still waiting; poll until ACTIVE.'),
  QUEUE_TOKEN_EXISTS: refusalRow(409, 'ALREADY_EXISTS', 'You have a place already; PUT reissues its token.'),
  QUEUE_TOKEN_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'You have no live place in this waiting room.'),
  QUEUE_FULL: refusalRow(503, 'RESOURCE_EXHAUSTED', 'The waiting room is full; try again later.'),
  JOIN_CHECK_REQUIRED: refusalRow(
    403,
    'PERMISSION_DENIED',
    'A challenge has to be answered first; `details` says where to get one.',
  ),
  JOIN_CHECK_FAILED: refusalRow(
    403,
    'PERMISSION_DENIED',
    'The answer to the challenge was not taken; `details.reason`. Get a new one.',
  ),
  JOIN_CLAIM_REQUIRED: refusalRow(403, 'PERMISSION_DENIED', 'The account lacks a verified `details.claim`.'),
  JOIN_CLAIM_TAKEN: refusalRow(
    409,
    'ALREADY_EXISTS',
    'Another account with your `details.claim` has the place in this waiting room.',
  ),
  BOOKING_NOT_OPEN: refusalRow(
    409,
    'FAILED_PRECONDITION',
    'Outside the on-sale window, not on sale, or begun; `details` has the times.',
  ),

  VENUE_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such venue.'),
  CONCERT_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such concert.'),
  SCHEDULE_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such schedule, or not of this concert.'),
  SEAT_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'The schedule has no such seat; `details.seatIds`.'),
  SEAT_LAYOUT_NOT_FOUND: refusalRow(
    404,
    'NOT_FOUND',
    'Never laid out so; the seat map names the layout there is now.',
  ),
  SCHEDULE_NOT_CHANGEABLE: refusalRow(
    409,
    'FAILED_PRECONDITION',
    'Cancelled, begun, or a new date while somebody has or could get seats.',
  ),

  SEAT_TAKEN: refusalRow(409, 'ABORTED', 'Held or sold; `details.seatIds` says which.'),
  ORPHAN_SEAT: refusalRow(422, 'FAILED_PRECONDITION', 'Would leave single seats; `details.seatIds`.'),
  PRICE_CHANGED: refusalRow(409, 'ABORTED', 'Not the price you saw; `details` has `seen` and `now`.'),
  SEAT_LIMIT_EXCEEDED: refusalRow(422, 'FAILED_PRECONDITION', 'More seats than one user may have.'),
  RELEASE_LIMIT_EXCEEDED: refusalRow(
    429,
    'RESOURCE_EXHAUSTED',
    'Too many seats taken and not kept lately; `details.holdAgainAt`.',
  ),
  RESERVATION_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such reservation of yours.'),
  RESERVATION_EXPIRED: refusalRow(409, 'FAILED_PRECONDITION', 'The hold ran out.'),
  RESERVATION_NOT_REFRESHABLE: refusalRow(
    409,
    'FAILED_PRECONDITION',
    'Not a live hold, or the show has begun.',
  ),
  RESERVATION_NOT_CANCELLABLE: refusalRow(
    409,
    'FAILED_PRECONDITION',
    'Neither held nor confirmed, or the show has begun.',
  ),
  NOT_REFUNDABLE: refusalRow(
    422,
    'FAILED_PRECONDITION',
    'What is paid can no longer be given back; `details.refundableUntil`.',
  ),
  REFRESH_LIMIT_EXCEEDED: refusalRow(
    422,
    'FAILED_PRECONDITION',
    'The hold was extended as often as allowed.',
  ),
  RESERVATION_NOT_CONFIRMED: refusalRow(
    409,
    'FAILED_PRECONDITION',
    'Only a CONFIRMED reservation has tickets; `details.status`.',
  ),
  TICKET_INVALID: refusalRow(
    422,
    'FAILED_PRECONDITION',
    'No ticket of this installation: forged, damaged, or of a key that is not ours.',
  ),
  TICKET_OF_OTHER_SCHEDULE: refusalRow(
    422,
    'FAILED_PRECONDITION',
    'A good ticket of another show; `details.scheduleId`.',
  ),
  TICKET_USED: refusalRow(409, 'ALREADY_EXISTS', 'Somebody has come in with it; `details.checkedInAt`.'),
  JOB_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such job of yours, or it ended too long ago.'),

  PAYMENT_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such payment of yours.'),
  ALREADY_PAID: refusalRow(409, 'ALREADY_EXISTS', 'Paid, or being paid by another payment.'),
  AMOUNT_CHANGED: refusalRow(409, 'ABORTED', 'Not the amount you saw; `details` has `seen` and `now`.'),
  RESERVATION_NOT_PAYABLE: refusalRow(
    422,
    'FAILED_PRECONDITION',
    'Cancelled, of no amount, or the show has begun.',
  ),
  INSUFFICIENT_BALANCE: refusalRow(402, 'FAILED_PRECONDITION', 'The wallet holds less than the amount.'),
  CARD_DECLINED: refusalRow(402, 'FAILED_PRECONDITION', 'The card provider said no.'),
  PAYMENT_FAILED: refusalRow(402, 'FAILED_PRECONDITION', 'Not paid; `details.reason` says why.'),
  CHARGE_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such charge of this wallet.'),
  BALANCE_LIMIT_EXCEEDED: refusalRow(422, 'FAILED_PRECONDITION', 'The balance would pass its maximum.'),
  NOTICE_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such mail.'),
  NOTICE_NOT_FAILED: refusalRow(409, 'FAILED_PRECONDITION', 'Only a mail that FAILED can be tried again.'),
  WEBHOOK_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such webhook.'),
  WEBHOOK_DISABLED: refusalRow(409, 'FAILED_PRECONDITION', 'The webhook is disabled; enable it first.'),
  WEBHOOK_LIMIT_EXCEEDED: refusalRow(
    422,
    'FAILED_PRECONDITION',
    'There are as many webhooks as there can be.',
  ),
  DELIVERY_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'The webhook has no such delivery.'),
  DEAD_LETTER_NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such parked message.'),
  DEAD_LETTER_BEING_RETRIED: refusalRow(
    409,
    'ABORTED',
    'Another request publishes the parked message at this moment; try again shortly.',
  ),
}

/** Codes of `refusals`. */
export type RefusalCode = keyof typeof refusals

/** Makes a refusal to throw; `message` is shown to the user. */
export const refuse = refuser(refusals)

/** Whether `error` is the refusal `code`. */
export function isRefusal(error: unknown, code?: RefusalCode): error is Refusal {
  return error instanceof Refusal && (code === undefined || error.code === code)
}

/** Turns a code that came over the wire back into its kind; undefined for a code this version does not know. */
export function refusalKind(code: string): RefusalKind | undefined {
  const kinds: Readonly<Record<string, RefusalKind>> = refusals
  return Object.hasOwn(kinds, code) ? kinds[code] : undefined
}
