import type { Random } from './random.ts'

/** A seat as the seat map shows it. */
export interface MapSeat {
  readonly seatId: number
  readonly price: number
  readonly status: 'AVAILABLE' | 'HOLD' | 'SOLD_OUT' | 'BLOCKED'
}

/** One version of a seat map, sorted and counted once for all fans that see it. */
export interface SeatMap {
  /** In the order in which people want them: by price from the highest, then by seat id from the front. */
  readonly available: readonly MapSeat[]
  readonly held: number
  readonly sold: number
}

/** Sorts and counts a seat map. */
export function toSeatMap(seats: readonly MapSeat[]): SeatMap {
  const available = seats
    .filter((seat) => seat.status === 'AVAILABLE')
    .toSorted((a, b) => b.price - a.price || a.seatId - b.seatId)
  // A seat that the house keeps back is as far from a fan as a sold one.
  const sold = seats.filter(({ status }) => status === 'SOLD_OUT' || status === 'BLOCKED').length
  return { available, sold, held: seats.length - available.length - sold }
}

/** Exponent of the choice: with u^3, 46 % of the fans want one of the best tenth of the seats that are left. */
const SKEW = 3

/**
 * Chooses seats for one fan that follow each other in the order of popularity; most fans choose near its front. Seats in
 * `refused` were refused since the map was made, and are passed over. Returns fewer than wanted where fewer are left.
 */
export function chooseSeats(
  map: SeatMap,
  wanted: number,
  random: Random,
  refused: ReadonlySet<number> = new Set(),
): readonly MapSeat[] {
  const free = refused.size === 0 ? map.available : map.available.filter((seat) => !refused.has(seat.seatId))
  const starts = Math.max(0, free.length - wanted) + 1
  const start = Math.min(starts - 1, Math.floor(starts * random.next() ** SKEW))
  return free.slice(start, start + wanted)
}

/** Whether a map has free seats, has none but may have some when a hold ends, or is sold out. */
export function availabilityOf(map: SeatMap): 'seats' | 'held' | 'sold-out' {
  if (map.available.length > 0) return 'seats'
  return map.held > 0 ? 'held' : 'sold-out'
}
