import { randomInt } from 'node:crypto'
import { findAnswer } from '@frontrow/idempotency/idempotency-key'
import type { KeyedRequest } from '@frontrow/idempotency/idempotency-key'
import { inTransaction } from '@frontrow/postgres/transaction'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import { pickBestAvailable } from './best-available.ts'
import { checkOffer, bookingNotOpen } from './check-offer.ts'
import type { Offer, SeatRequest } from './check-offer.ts'
import type { Context } from './context.ts'
import { heldMessage } from './reservation-messages.ts'
import { factsOf } from './reservation.ts'
import type { Seat } from './reservation.ts'
import { toUntimedHoldJson } from './reservation-json.ts'
import { newReservationNumber } from './reservation-number.ts'
import type { SeatLayout } from './seat-layout.ts'
import type { FinalOutcome } from './share-holds.ts'
import { JOB_OPERATION } from './sql/jobs.ts'
import { listTakenSeats, lockUserSeats } from './sql/seat-holds.ts'
import type { NewHold } from './sql/seat-holds.ts'

/** A request to hold seats. */
export interface HoldSeats extends SeatRequest {
  idempotencyKey?: string | undefined
  /** The job that asks, which has one hold however often it is tried. Its id takes the place of the key. */
  jobId?: string
}

/** The answer to the client. A repeated Idempotency-Key gets the answer of the first request. */
export interface HoldAnswer {
  data: unknown
  isReplay: boolean
}

const ATTEMPTS_MAX = 6

/**
 * Holds all of the wanted seats, until the deadline, or none. The event that is stored with the hold makes the queue service keep
 * the place ACTIVE until the same deadline.
 */
export async function holdSeats(ctx: Context, command: HoldSeats): Promise<HoldAnswer> {
  try {
    const wish = await choose(ctx, command)
    return 'replayed' in wish ? { data: wish.replayed, isReplay: true } : await hold(ctx, command, wish)
  } catch (error) {
    if (isRefusal(error)) ctx.counters.holdRefused(error.code)
    throw error
  }
}

/**
 * The wanted seats, or the stored answer of the Idempotency-Key where there is something against them: the first request may have used up
 * the token or the last seats, and the on-sale window may have closed since. Where nothing is, `takeSeats` looks at the key.
 */
async function choose(
  ctx: Context,
  command: HoldSeats,
): Promise<{ offer: Offer; seats: Seat[] } | { replayed: unknown }> {
  try {
    const offer = await checkOffer(ctx, command)
    return { offer, seats: await chooseSeats(ctx, command, offer.layout, 1) }
  } catch (refusal) {
    const keyed = keyedRequest(command)
    if (keyed === undefined || !isRefusal(refusal)) throw refusal
    const earlier = await inTransaction(ctx.pool, async (tx) => {
      // Waits for the first request, if that is still at work.
      await lockUserSeats(tx, command.scheduleId, command.userId)
      return findAnswer(tx, keyed)
    })
    if (earlier === undefined) throw refusal
    return { replayed: earlier.response }
  }
}

async function hold(
  ctx: Context,
  command: HoldSeats,
  wish: { offer: Offer; seats: Seat[] },
): Promise<HoldAnswer> {
  let { seats } = wish
  for (let attempt = 1; ; attempt += 1) {
    const reservation = newReservation(command, seats, wish.offer)
    const result = await ctx.takeSeats({
      reservation,
      keyed: keyedRequest(command),
      untimedAnswer: toUntimedHoldJson(reservation),
      untimedEvent: { ...heldMessage(reservation), trace: currentTrace() },
    })
    if (result.outcome === 'REPLAYED') return { data: result.answer, isReplay: true }
    if (result.outcome === 'HELD') {
      ctx.relay.wake()
      ctx.counters.held(factsOf(reservation))
      ctx.counters.expired(result.takenOver, 'taken-over')
      return { data: result.answer, isReplay: false }
    }
    const isRetriable =
      result.outcome === 'NUMBER_EXISTS' || (result.outcome === 'TAKEN' && 'quantity' in command.choice)
    if (!isRetriable || attempt === ATTEMPTS_MAX) throw refusalOf(ctx, command, seats, result)
    seats = await chooseSeats(ctx, command, wish.offer.layout, attempt + 1)
  }
}

type NewReservation = NewHold['reservation'] & { status: 'HOLD' }

function newReservation(command: HoldSeats, seats: Seat[], offer: Offer): NewReservation {
  return {
    reservationId: uuidv7(),
    reservationNumber: newReservationNumber(),
    userId: command.userId,
    scheduleId: command.scheduleId,
    seats,
    totalAmount: seats.reduce((sum, seat) => sum + seat.price, 0),
    status: 'HOLD',
    queueSequence: offer.queueSequence,
  }
}

async function chooseSeats(
  ctx: Context,
  command: HoldSeats,
  layout: SeatLayout,
  attempt: number,
): Promise<Seat[]> {
  const { choice } = command
  if ('seatIds' in choice) {
    return choice.seatIds
      .map((seatId) => layout.seat(seatId))
      .filter((seat) => seat !== undefined)
      .toSorted((a, b) => a.seatId - b.seatId)
  }
  const { grade } = choice
  if (grade !== undefined && !layout.hasGrade(grade)) {
    throw refuse('SEAT_NOT_FOUND', `the schedule has no seats of grade ${grade}`, { details: { grade } })
  }
  const taken = await listTakenSeats(ctx.pool, command.scheduleId)
  const takenIds = new Set(taken.map((seat) => seat.seatId))
  // The first attempt takes the best seats. Each collision makes it choose among four times as many picks, so that a crowd
  // spreads out.
  const picked = pickBestAvailable(layout.bestFirst(), takenIds, choice, 4 ** (attempt - 1), (count) =>
    randomInt(count),
  )
  if (picked === undefined) {
    throw refuse('SEAT_TAKEN', 'there are not enough seats left', {
      details: { seatIds: [], requested: choice.quantity },
    })
  }
  return picked
}

/** Why there is no hold, after the last attempt. */
function refusalOf(
  ctx: Context,
  command: HoldSeats,
  seats: readonly Seat[],
  result: Exclude<FinalOutcome, { outcome: 'HELD' | 'REPLAYED' }>,
): Error {
  switch (result.outcome) {
    case 'KEY_REUSED':
      return generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
    case 'CANCELLED':
      return bookingNotOpen('CANCELLED')
    case 'OVER_LIMIT': {
      const limit = ctx.config.SEATS_PER_USER_MAX
      return refuse('SEAT_LIMIT_EXCEEDED', `a user may have at most ${limit} seats of a schedule`, {
        details: { limit, held: result.seatsBefore, requested: seats.length },
      })
    }
    case 'TAKEN':
      return 'quantity' in command.choice
        ? refuse('SEAT_TAKEN', 'others were faster; try again', { details: { seatIds: [] } })
        : refuse('SEAT_TAKEN', 'a seat is held or sold already', {
            details: { seatIds: result.takenSeatIds },
          })
    case 'NUMBER_EXISTS':
      return new Error('no new reservation number was found')
  }
}

/** The request as its Idempotency-Key knows it; undefined where it has none. */
export function keyedRequest(command: HoldSeats): KeyedRequest | undefined {
  const { userId, scheduleId, choice, idempotencyKey, jobId } = command
  const content = { scheduleId, choice }
  if (jobId !== undefined) return { userId, operation: JOB_OPERATION, key: jobId, content }
  if (idempotencyKey === undefined) return undefined
  return { userId, operation: 'POST /reservations', key: idempotencyKey, content }
}
