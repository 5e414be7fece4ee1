import { findAnswer } from '@frontrow/idempotency/idempotency-key'
import type { KeyedRequest } from '@frontrow/idempotency/idempotency-key'
import { inTransaction } from '@frontrow/postgres/transaction'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { reasonOf } from '@frontrow/proto/show-phases'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import { checkOffer } from './check-offer.ts'
import type { Offer } from './check-offer.ts'
import { chooseSeats, overLimit, totalOf } from './choose-seats.ts'
import type { ChosenSeats, PricedRequest } from './choose-seats.ts'
import type { Context } from './context.ts'
import { heldMessage } from './reservation-messages.ts'
import { factsOf } from './reservation.ts'
import type { Seat } from './reservation.ts'
import { toUntimedHoldJson } from './reservation-json.ts'
import { newReservationNumber } from './reservation-number.ts'
import { readAllowance, releasedTooMany } from './releases.ts'
import type { PickOptions } from './seat-picker.ts'
import type { FinalOutcome } from './share-holds.ts'
import { JOB_OPERATION } from './sql/jobs.ts'
import { lockUserSeats } from './sql/seat-holds.ts'
import type { NewHold } from './sql/seat-holds.ts'

/** A request to hold seats. */
export interface HoldSeats extends PricedRequest {
  idempotencyKey?: string | undefined
  /** The job that asks, which has one hold however often it is tried. Its id takes the place of the key. */
  jobId?: string
}

/** The answer to the client. A repeated Idempotency-Key gets the answer of the first request. */
export interface HoldAnswer {
  data: unknown
  isReplay: boolean
}

// How often a number that exists is replaced by another.
const NUMBERS_MAX = 6
// How long the best available seats are picked again when others were faster.
const PICK_FOR_MS = 5_000

/**
 * Holds all of the wanted seats, until the deadline, or none. The event that is stored with the hold makes the queue service keep
 * the place ACTIVE until the same deadline. `checked` is the offer where that was just checked.
 */
export async function holdSeats(ctx: Context, command: HoldSeats, checked?: Offer): Promise<HoldAnswer> {
  try {
    return await hold(ctx, command, checked)
  } catch (error) {
    if (isRefusal(error)) {
      ctx.counters.holdRefused(error.code)
      ctx.refusedHolds.note(command.scheduleId, error.code)
    }
    throw error
  }
}

async function hold(ctx: Context, command: HoldSeats, checked: Offer | undefined): Promise<HoldAnswer> {
  const deadlineMs = performance.now() + PICK_FOR_MS
  let offer = checked
  for (let attempt = 1; ; attempt += 1) {
    const wish = await choose(ctx, command, offer, { attempt, deadlineMs })
    if ('replayed' in wish) return { data: wish.replayed, isReplay: true }
    const { chosen } = wish
    offer = wish.offer
    const reservation = newReservation(command, chosen.seats, offer)
    const result = await take(ctx, command, reservation, chosen)
    if (result.outcome === 'REPLAYED') return { data: result.answer, isReplay: true }
    if (result.outcome === 'HELD') {
      ctx.relay.wake()
      ctx.counters.held(factsOf(reservation))
      ctx.counters.expired(result.takenOver, 'taken-over')
      return { data: result.answer, isReplay: false }
    }
    const isRetriable =
      result.outcome === 'NUMBER_EXISTS'
        ? attempt < NUMBERS_MAX
        : result.outcome === 'TAKEN' && 'quantity' in command.choice && performance.now() < deadlineMs
    if (!isRetriable) throw await refusalOf(ctx, command, chosen.seats, result)
  }
}

/**
 * The wanted seats, or the stored answer of the Idempotency-Key where there is something against them: the first request may have used up
 * the token or the last seats, and the on-sale window may have closed since. Where nothing is, `takeSeats` looks at the key.
 */
async function choose(
  ctx: Context,
  command: HoldSeats,
  checked: Offer | undefined,
  options: PickOptions,
): Promise<{ offer: Offer; chosen: ChosenSeats } | { replayed: unknown }> {
  try {
    const offer = checked ?? (await checkOffer(ctx, command))
    return { offer, chosen: await chooseSeats(ctx, command, offer, options) }
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

async function take(
  ctx: Context,
  command: HoldSeats,
  reservation: NewReservation,
  chosen: ChosenSeats,
): Promise<FinalOutcome> {
  let outcome: FinalOutcome | undefined
  try {
    outcome = await ctx.takeSeats({
      reservation,
      keyed: keyedRequest(command),
      untimedAnswer: toUntimedHoldJson(reservation),
      untimedEvent: { ...heldMessage(reservation), trace: currentTrace() },
    })
    return outcome
  } finally {
    chosen.ended(outcome)
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
    totalAmount: totalOf(seats),
    status: 'HOLD',
    queueSequence: offer.queueSequence,
  }
}

/** Why there is no hold, after the last attempt. */
async function refusalOf(
  ctx: Context,
  command: HoldSeats,
  seats: readonly Seat[],
  result: Exclude<FinalOutcome, { outcome: 'HELD' | 'REPLAYED' }>,
): Promise<Error> {
  switch (result.outcome) {
    case 'KEY_REUSED':
      return generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
    case 'CANCELLED':
      return refuse('BOOKING_NOT_OPEN', reasonOf('CANCELLED'), { details: { phase: 'CANCELLED' } })
    case 'OVER_LIMIT':
      return overLimit(ctx, { held: result.seatsBefore, requested: seats.length })
    case 'RELEASED_TOO_MANY': {
      const { holdAgainAt } = await readAllowance(ctx, command.scheduleId, command.userId)
      return releasedTooMany(ctx, holdAgainAt)
    }
    case 'TAKEN':
      return 'quantity' in command.choice
        ? refuse('SEAT_TAKEN', 'others were faster; try again', {
            details: { seatIds: [], requested: seats.length },
          })
        : refuse('SEAT_TAKEN', 'a seat is held or sold already', {
            details: { seatIds: result.takenSeatIds },
          })
    case 'NUMBER_EXISTS':
      return new Error('no new reservation number was found')
  }
}

/** The request as its Idempotency-Key knows it; undefined where it has none. */
export function keyedRequest(command: HoldSeats): KeyedRequest | undefined {
  const { userId, scheduleId, choice, seen, idempotencyKey, jobId } = command
  const content = { scheduleId, choice: withoutOrder(choice), seen }
  if (jobId !== undefined) return { userId, operation: JOB_OPERATION, key: jobId, content }
  if (idempotencyKey === undefined) return undefined
  return { userId, operation: 'POST /reservations', key: idempotencyKey, content }
}

/** Seats are wanted all or none, so that the same ones in another order are the same request. */
function withoutOrder(choice: HoldSeats['choice']): HoldSeats['choice'] {
  return 'seatIds' in choice ? { seatIds: choice.seatIds.toSorted((a, b) => a - b) } : choice
}
