import { randomInt } from 'node:crypto'
import { claimKey, storeAnswer, storeResource } from '@frontrow/idempotency/idempotency-key'
import type { KeyedRequest } from '@frontrow/idempotency/idempotency-key'
import { enqueue } from '@frontrow/messaging/outbox'
import { isUniqueViolation } from '@frontrow/postgres/errors'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import { pickBestAvailable } from './best-available.ts'
import { checkOffer, bookingNotOpen } from './check-offer.ts'
import type { Offer, SeatRequest } from './check-offer.ts'
import type { Context } from './context.ts'
import { expiredMessage, heldMessage } from './reservation-messages.ts'
import { factsOf } from './reservation.ts'
import type { EndedReservation, Reservation, Seat } from './reservation.ts'
import { toHoldJson } from './reservation-json.ts'
import { newReservationNumber } from './reservation-number.ts'
import type { SeatLayout } from './schedules.ts'
import { insertReservation, markExpired } from './sql/reservations.ts'
import { freeSeatsOf, listTakenSeats, lockUserSeats, takeSeats } from './sql/seat-holds.ts'
import type { HoldOutcome } from './sql/seat-holds.ts'

/** A request to hold seats. */
export interface HoldSeats extends SeatRequest {
  idempotencyKey?: string | undefined
}

/** The answer to the client. A repeated Idempotency-Key gets the answer of the first request. */
export interface HoldAnswer {
  data: unknown
  isReplay: boolean
}

type NewHold = Pick<
  Reservation,
  | 'reservationId'
  | 'reservationNumber'
  | 'userId'
  | 'scheduleId'
  | 'seats'
  | 'totalAmount'
  | 'status'
  | 'reservedAt'
  | 'expiresAt'
  | 'queueSequence'
>

type Attempt =
  { kind: 'held'; hold: NewHold; takenOver: EndedReservation[] } | { kind: 'replay'; response: unknown }

/** Somebody else took the seats that were picked, so others must be picked. */
class PickedSeatsTaken extends Error {
  override name = 'PickedSeatsTaken'
}

const ATTEMPTS_MAX = 6
// A claim is committed only together with its answer, so no other request ever meets this lock.
const KEY_LOCK_MS = 60_000

/**
 * Holds all of the wanted seats, until the deadline, or none. The event that is stored with the hold makes the queue service keep
 * the place ACTIVE until the same deadline.
 */
export async function holdSeats(ctx: Context, command: HoldSeats): Promise<HoldAnswer> {
  try {
    const offer = await offerOrReplay(ctx, command)
    if ('replayed' in offer) return { data: offer.replayed, isReplay: true }
    const attempt = await attemptHold(ctx, command, offer)
    if (attempt.kind === 'replay') return { data: attempt.response, isReplay: true }
    ctx.counters.held(factsOf(attempt.hold))
    ctx.counters.expired(attempt.takenOver, 'taken-over')
    return { data: toHoldJson(attempt.hold), isReplay: false }
  } catch (error) {
    if (isRefusal(error)) ctx.counters.holdRefused(error.code)
    throw error
  }
}

/**
 * The seats on offer, or the stored answer of the Idempotency-Key. The stored answer is given even when the same request
 * would be refused by now, e.g. because the token is USED after the payment or the on-sale window has closed.
 */
async function offerOrReplay(ctx: Context, command: HoldSeats): Promise<Offer | { replayed: unknown }> {
  try {
    return await checkOffer(ctx, command)
  } catch (refusal) {
    const keyed = keyedRequest(command)
    if (keyed === undefined || !isRefusal(refusal)) throw refusal
    return inTransaction(ctx.pool, async (tx) => {
      const claim = await claimKey(tx, keyed, KEY_LOCK_MS)
      // This rolls the claim back, because a refused request stores nothing.
      if (claim.kind !== 'replay') throw refusal
      return { replayed: claim.response }
    })
  }
}

async function attemptHold(ctx: Context, command: HoldSeats, offer: Offer): Promise<Attempt> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(ctx.pool, (tx) => holdOnce(ctx, tx, command, offer, attempt))
    } catch (error) {
      const isRetriable =
        error instanceof PickedSeatsTaken || isUniqueViolation(error, 'reservations_number_once')
      if (isRetriable && attempt < ATTEMPTS_MAX) continue
      if (error instanceof PickedSeatsTaken) {
        throw refuse('SEAT_TAKEN', 'others were faster; try again', {
          details: { seatIds: [] },
          cause: error,
        })
      }
      throw error
    }
  }
}

async function holdOnce(
  ctx: Context,
  tx: Tx,
  command: HoldSeats,
  offer: Offer,
  attempt: number,
): Promise<Attempt> {
  const { userId, scheduleId } = command
  const keyed = keyedRequest(command)
  if (keyed !== undefined) {
    const claim = await claimKey(tx, keyed, KEY_LOCK_MS)
    if (claim.kind === 'replay') return { kind: 'replay', response: claim.response }
  }
  await lockUserSeats(tx, scheduleId, userId)
  const seats = await chooseSeats(tx, command, offer.layout, attempt)
  const reservationId = uuidv7()
  const outcome = await takeSeats(tx, {
    scheduleId,
    userId,
    reservationId,
    seatIds: seats.map((seat) => seat.seatId),
    holdMs: ctx.config.HOLD_MS,
    seatsPerUserMax: ctx.config.SEATS_PER_USER_MAX,
  })
  if (outcome.heldSeatIds.length < seats.length) throw refusalOfHold(ctx, command, seats, outcome)
  const hold: NewHold = {
    reservationId,
    reservationNumber: newReservationNumber(),
    userId,
    scheduleId,
    seats,
    totalAmount: seats.reduce((sum, seat) => sum + seat.price, 0),
    status: 'HOLD',
    reservedAt: outcome.heldAt,
    expiresAt: outcome.expiresAt,
    queueSequence: offer.queueSequence,
  }
  await insertReservation(tx, hold)
  const takenOver = await expireTakenOver(tx, outcome.takenOverFrom)
  await enqueue(tx, ctx.relay, [...takenOver.map(expiredMessage), heldMessage(hold)])
  if (keyed !== undefined) {
    await storeResource(tx, keyed, reservationId)
    await storeAnswer(tx, keyed, { status: 201, response: toHoldJson(hold) })
  }
  return { kind: 'held', hold, takenOver }
}

async function expireTakenOver(tx: Tx, reservationIds: readonly string[]): Promise<EndedReservation[]> {
  if (reservationIds.length === 0) return []
  const expired = await markExpired(tx, reservationIds)
  await freeSeatsOf(tx, reservationIds)
  return expired
}

async function chooseSeats(tx: Tx, command: HoldSeats, layout: SeatLayout, attempt: number): Promise<Seat[]> {
  const { choice } = command
  if ('seatIds' in choice) {
    return choice.seatIds
      .map((seatId) => layout.byId.get(seatId))
      .filter((seat) => seat !== undefined)
      .toSorted((a, b) => a.seatId - b.seatId)
  }
  const { grade } = choice
  if (grade !== undefined && !layout.seats.some((seat) => seat.grade === grade)) {
    throw refuse('SEAT_NOT_FOUND', `the schedule has no seats of grade ${grade}`, { details: { grade } })
  }
  const taken = await listTakenSeats(tx, command.scheduleId)
  const takenIds = new Set(taken.map((seat) => seat.seatId))
  // The first attempt takes the best seats. Each collision makes it choose among four times as many picks, so that a crowd
  // spreads out.
  const picked = pickBestAvailable(layout.seats, takenIds, choice, 4 ** (attempt - 1), (count) =>
    randomInt(count),
  )
  if (picked === undefined) {
    throw refuse('SEAT_TAKEN', 'there are not enough seats left', {
      details: { seatIds: [], requested: choice.quantity },
    })
  }
  return picked
}

/** The refusal of a hold that did not get all its seats. Throwing it rolls the transaction back. */
function refusalOfHold(
  ctx: Context,
  command: HoldSeats,
  seats: readonly Seat[],
  outcome: HoldOutcome,
): Error {
  if (outcome.isScheduleCancelled) return bookingNotOpen('CANCELLED')
  const limit = ctx.config.SEATS_PER_USER_MAX
  if (outcome.userSeats + seats.length > limit) {
    return refuse('SEAT_LIMIT_EXCEEDED', `a user may have at most ${limit} seats of a schedule`, {
      details: { limit, held: outcome.userSeats, requested: seats.length },
    })
  }
  if ('quantity' in command.choice) return new PickedSeatsTaken('somebody else took the picked seats')
  const held = new Set(outcome.heldSeatIds)
  // Seats that were taken before the statement kept it from writing any. Otherwise others took the missing ones while it
  // ran.
  const missing = seats.map((seat) => seat.seatId).filter((seatId) => !held.has(seatId))
  return refuse('SEAT_TAKEN', 'a seat is held or sold already', {
    details: { seatIds: outcome.takenSeatIds.length > 0 ? outcome.takenSeatIds : missing },
  })
}

function keyedRequest(command: HoldSeats): KeyedRequest | undefined {
  if (command.idempotencyKey === undefined) return undefined
  return {
    userId: command.userId,
    operation: 'POST /reservations',
    key: command.idempotencyKey,
    content: { scheduleId: command.scheduleId, choice: command.choice },
  }
}
