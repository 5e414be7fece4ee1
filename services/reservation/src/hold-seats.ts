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
import { checkOffer, notOpen } from './check-offer.ts'
import type { OfferQuestion } from './check-offer.ts'
import type { Context } from './context.ts'
import { extendToken, extendTokenAgain } from './extend-token.ts'
import { expiredMessage, heldMessage } from './reservation-messages.ts'
import { factsOf } from './reservation.ts'
import type { Reservation, ReservationFacts, Seat } from './reservation.ts'
import { toHoldJson } from './reservation-json.ts'
import { newReservationNumber } from './reservation-number.ts'
import type { SeatLayout } from './schedules.ts'
import { insertReservation, markExpired } from './sql/reservations.ts'
import { freeSeatsOf, listTakenSeats, lockUserSeats, takeSeats } from './sql/seat-holds.ts'
import type { HoldOutcome } from './sql/seat-holds.ts'

/** A request for seats. */
export interface HoldSeats extends OfferQuestion {
  idempotencyKey?: string | undefined
}

/** What the client is told; a repeated Idempotency-Key gets the answer of the first time. */
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
>

type Attempt =
  { kind: 'held'; hold: NewHold; takenOver: ReservationFacts[] } | { kind: 'replay'; response: unknown }

/** The seats that were picked for somebody went to somebody else in between: pick again. */
class PickIsGone extends Error {
  override name = 'PickIsGone'
}

const ATTEMPTS_MAX = 6
// Holder of the key is the running transaction itself, so this never runs out.
const KEY_LOCK_MS = 60_000

/** Holds all of the wanted seats or none, until the deadline. */
export async function holdSeats(ctx: Context, command: HoldSeats): Promise<HoldAnswer> {
  try {
    const layout = await offerOrReplay(ctx, command)
    if ('replayed' in layout) return { data: layout.replayed, isReplay: true }
    const attempt = await attemptHold(ctx, command, layout)
    if (attempt.kind === 'replay') {
      // The first request may have died between its commit and this.
      await extendTokenAgain(ctx, command, attempt.response)
      return { data: attempt.response, isReplay: true }
    }
    ctx.counters.held(factsOf(attempt.hold))
    ctx.counters.expired(attempt.takenOver, 'taken-over')
    await extendToken(ctx, command.queueToken, attempt.hold.expiresAt)
    return { data: toHoldJson(attempt.hold), isReplay: false }
  } catch (error) {
    if (isRefusal(error)) ctx.counters.holdRefused(error.code)
    throw error
  }
}

/**
 * A key that was answered before gets the same answer again even where the same request would be refused by now: the
 * token is USED after the payment, the on-sale window closes.
 */
async function offerOrReplay(ctx: Context, command: HoldSeats): Promise<SeatLayout | { replayed: unknown }> {
  try {
    return await checkOffer(ctx, command)
  } catch (refusal) {
    const keyed = keyedRequest(command)
    if (keyed === undefined || !isRefusal(refusal)) throw refusal
    const replayed = await inTransaction(ctx.pool, async (tx) => {
      const claim = await claimKey(tx, keyed, KEY_LOCK_MS)
      // Rolls the claim back: a refusal stores nothing.
      if (claim.kind !== 'replay') throw refusal
      return claim.response
    })
    // Only this refusal comes after the token was found good.
    if (isRefusal(refusal, 'BOOKING_NOT_OPEN')) await extendTokenAgain(ctx, command, replayed)
    return { replayed }
  }
}

async function attemptHold(ctx: Context, command: HoldSeats, layout: SeatLayout): Promise<Attempt> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(ctx.pool, (tx) => holdOnce(ctx, tx, command, layout, attempt))
    } catch (error) {
      const mayPass = error instanceof PickIsGone || isUniqueViolation(error, 'reservations_number_once')
      if (mayPass && attempt < ATTEMPTS_MAX) continue
      if (error instanceof PickIsGone) {
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
  layout: SeatLayout,
  attempt: number,
): Promise<Attempt> {
  const { userId, scheduleId } = command
  const keyed = keyedRequest(command)
  if (keyed !== undefined) {
    const claim = await claimKey(tx, keyed, KEY_LOCK_MS)
    if (claim.kind === 'replay') return { kind: 'replay', response: claim.response }
  }
  await lockUserSeats(tx, scheduleId, userId)
  const seats = await chooseSeats(tx, command, layout, attempt)
  const reservationId = uuidv7()
  const outcome = await takeSeats(tx, {
    scheduleId,
    userId,
    reservationId,
    seatIds: seats.map((seat) => seat.seatId),
    holdMs: ctx.config.HOLD_MS,
    seatsPerUserMax: ctx.config.SEATS_PER_USER_MAX,
  })
  if (outcome.heldSeatIds.length < seats.length) throw whyNot(ctx, command, seats, outcome)
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
  }
  await insertReservation(tx, hold)
  const takenOver = await endTakenOver(tx, outcome.takenOverFrom)
  await enqueue(tx, ctx.relay, [...takenOver.map(expiredMessage), heldMessage(hold)])
  if (keyed !== undefined) {
    await storeResource(tx, keyed, reservationId)
    await storeAnswer(tx, keyed, { status: 201, response: toHoldJson(hold) })
  }
  return { kind: 'held', hold, takenOver }
}

async function endTakenOver(tx: Tx, reservationIds: readonly string[]): Promise<ReservationFacts[]> {
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
  // The best first; after each collision among four times as many, so that a crowd spreads out.
  const picked = pickBestAvailable(layout.seats, takenIds, choice, 4 ** (attempt - 1), (count) =>
    randomInt(count),
  )
  if (picked === undefined) {
    throw refuse('SEAT_TAKEN', 'there are not so many seats left', {
      details: { seatIds: [], requested: choice.quantity },
    })
  }
  return picked
}

/** Why the hold statement did not give all the seats. The transaction is rolled back with the error. */
function whyNot(ctx: Context, command: HoldSeats, seats: readonly Seat[], outcome: HoldOutcome): Error {
  if (outcome.isScheduleCancelled) return notOpen('CANCELLED')
  const limit = ctx.config.SEATS_PER_USER_MAX
  if (outcome.userSeats + seats.length > limit) {
    return refuse('SEAT_LIMIT_EXCEEDED', `at most ${limit} seats of a schedule for one user`, {
      details: { limit, held: outcome.userSeats, requested: seats.length },
    })
  }
  if ('quantity' in command.choice) return new PickIsGone('picked seats were taken meanwhile')
  const ours = new Set(outcome.heldSeatIds)
  // Seats taken before the statement stopped it from writing; those taken while it ran are the ones it did not get.
  const missing = seats.map((seat) => seat.seatId).filter((seatId) => !ours.has(seatId))
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
