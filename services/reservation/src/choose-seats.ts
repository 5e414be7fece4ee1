import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { BestAvailableChoice, Offer, SeatRequest } from './check-offer.ts'
import type { Context } from './context.ts'
import { readAllowance, releasedTooMany } from './releases.ts'
import type { Seat } from './reservation.ts'
import type { PickOptions } from './seat-picker.ts'
import type { FinalOutcome } from './share-holds.ts'
import { countLiveSeats } from './sql/seat-holds.ts'

/** What the buyer was shown; a hold at another price is refused. */
export interface SeenPrice {
  /** Of each seat. */
  price?: number | undefined
  totalAmount?: number | undefined
}

/** Who wants which seats, at which price. */
export interface PricedRequest extends SeatRequest {
  seen?: SeenPrice | undefined
}

/** Seats to hold for a request. */
export interface ChosenSeats {
  seats: Seat[]
  /** Must be told what became of them, once; undefined where that is not known. */
  ended(outcome: FinalOutcome | undefined): void
}

/**
 * The seats of a request: the named ones, or the best available. Refuses, in this order, with SEAT_LIMIT_EXCEEDED, RELEASE_LIMIT_EXCEEDED, PRICE_CHANGED, SEAT_TAKEN and
 * ORPHAN_SEAT; what is known only when the seats are being taken is refused by that statement in the same order.
 */
export async function chooseSeats(
  ctx: Context,
  request: PricedRequest,
  offer: Offer,
  options: PickOptions,
): Promise<ChosenSeats> {
  const { choice } = request
  await checkQuantity(ctx, request)
  try {
    return 'seatIds' in choice
      ? await chooseNamed(ctx, request, offer, choice.seatIds)
      : await chooseBest(ctx, request, offer, choice, options)
  } catch (error) {
    // The limits go first. They are looked at here because only those who are refused need other statements for them.
    if (isRefusal(error)) {
      await refuseOverLimit(ctx, request)
      await refuseReleasedTooMany(ctx, request)
    }
    throw error
  }
}

/** Refuses with SEAT_LIMIT_EXCEEDED what nobody may hold, however many seats are left. */
export async function checkQuantity(ctx: Context, request: SeatRequest): Promise<void> {
  if (quantityOf(request) > ctx.config.SEATS_PER_USER_MAX) await refuseOverLimit(ctx, request)
}

function quantityOf({ choice }: SeatRequest): number {
  return 'seatIds' in choice ? choice.seatIds.length : choice.quantity
}

async function chooseNamed(
  ctx: Context,
  request: PricedRequest,
  { layout, noOrphanSeats }: Offer,
  seatIds: readonly number[],
): Promise<ChosenSeats> {
  const { scheduleId } = request
  const seats = seatsOf(layout, seatIds)
  checkPrice(request, seats)
  if (noOrphanSeats) {
    const orphans = await ctx.seatPicker.orphansLeftBy(scheduleId, layout, seatIds)
    if (orphans.length > 0) {
      const message = `the choice would leave a single seat empty: ${orphans.join(', ')}`
      throw refuse('ORPHAN_SEAT', message, { details: { seatIds: orphans } })
    }
  }
  return {
    seats,
    ended: (outcome) => {
      if (outcome?.outcome === 'HELD') ctx.seatPicker.noteHeld(scheduleId, seatIds)
    },
  }
}

async function chooseBest(
  ctx: Context,
  request: PricedRequest,
  { layout }: Offer,
  choice: BestAvailableChoice,
  options: PickOptions,
): Promise<ChosenSeats> {
  const wish = { ...choice, price: priceOfEach(request, layout, choice) }
  const pick = await ctx.seatPicker.pick(request.scheduleId, layout, wish, options)
  if (!('seatIds' in pick)) {
    const splitWouldDo = pick.available >= wish.quantity
    throw refuse(
      'SEAT_TAKEN',
      splitWouldDo
        ? 'there are not enough seats side by side; with allowSplit they can be apart'
        : 'there are not enough seats left',
      { details: { seatIds: [], requested: wish.quantity, ...pick, splitWouldDo } },
    )
  }
  const seats = seatsOf(layout, pick.seatIds)
  try {
    checkPrice(request, seats)
  } catch (refusal) {
    pick.givenBack()
    throw refusal
  }
  return {
    seats,
    ended: (outcome) => {
      if (outcome === undefined) pick.lost()
      else if (outcome.outcome === 'HELD') pick.held()
      else pick.givenBack(outcome.outcome === 'TAKEN' ? outcome.takenSeatIds : [])
    },
  }
}

/**
 * What each of the seats must cost, so that nobody is refused for the price of other seats than they saw. A total stands for its share where
 * seats cost that; undefined where it may be of seats of several prices, which is looked at when they are picked. Refuses with PRICE_CHANGED
 * where no seat of the choice has the price, free or not.
 */
function priceOfEach(
  { seen }: PricedRequest,
  layout: Offer['layout'],
  { quantity, grade, section }: BestAvailableChoice,
): number | undefined {
  const prices = layout.pricesOf({ grade, section })
  const { price, totalAmount } = seen ?? {}
  if (price !== undefined && !prices.includes(price)) throw priceChanged('price', price, prices)
  const each = price ?? (totalAmount === undefined ? undefined : totalAmount / quantity)
  const isPriceOfSome = each !== undefined && prices.includes(each)
  const canBe = isPriceOfSome ? [each] : prices
  if (totalAmount !== undefined && canBe.length === 1 && canBe[0] !== totalAmount / quantity) {
    throw priceChanged(
      'totalAmount',
      totalAmount,
      canBe.map((one) => one * quantity),
    )
  }
  return isPriceOfSome ? each : undefined
}

function seatsOf(layout: Offer['layout'], seatIds: readonly number[]): Seat[] {
  return seatIds
    .map((seatId) => layout.seat(seatId))
    .filter((seat) => seat !== undefined)
    .toSorted((a, b) => a.seatId - b.seatId)
}

function checkPrice({ seen }: PricedRequest, seats: readonly Seat[]): void {
  const changed = seats.find((seat) => seen?.price !== undefined && seat.price !== seen.price)
  if (changed !== undefined) throw priceChanged('price', seen?.price, [changed.price])
  const total = totalOf(seats)
  if (seen?.totalAmount !== undefined && seen.totalAmount !== total) {
    throw priceChanged('totalAmount', seen.totalAmount, [total])
  }
}

/** What seats cost together. */
export function totalOf(seats: readonly Seat[]): number {
  return seats.reduce((sum, seat) => sum + seat.price, 0)
}

/** `prices` are all that it can be now; the lowest comes first and is told as `now`. */
function priceChanged(
  field: 'price' | 'totalAmount',
  seen: number | undefined,
  prices: readonly number[],
): Error {
  return refuse('PRICE_CHANGED', `${field} is ${prices.join(' or ')} now, and not ${seen}`, {
    details: { field, seen, now: prices[0], ...(prices.length > 1 ? { prices } : {}) },
  })
}

async function refuseOverLimit(ctx: Context, request: SeatRequest): Promise<void> {
  const requested = quantityOf(request)
  const held = await countLiveSeats(ctx.pool, request.scheduleId, request.userId)
  if (held + requested > ctx.config.SEATS_PER_USER_MAX) throw overLimit(ctx, { held, requested })
}

async function refuseReleasedTooMany(ctx: Context, { scheduleId, userId }: SeatRequest): Promise<void> {
  const { releasesLeft, holdAgainAt } = await readAllowance(ctx, scheduleId, userId)
  if (releasesLeft === 0) throw releasedTooMany(ctx, holdAgainAt)
}

/** The refusal of whoever would have too many seats. */
export function overLimit(
  ctx: Pick<Context, 'config'>,
  { held, requested }: { held: number; requested: number },
): Error {
  const limit = ctx.config.SEATS_PER_USER_MAX
  return refuse('SEAT_LIMIT_EXCEEDED', `a user may have at most ${limit} seats of a schedule`, {
    details: { limit, held, requested },
  })
}
