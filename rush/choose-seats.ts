import type { Random } from './random.ts'

/** A seat as the seat map shows it. */
export interface MapSeat {
  readonly seatId: number
  readonly price: number
  readonly status: 'AVAILABLE' | 'HOLD' | 'SOLD_OUT'
}

/** One version of a seat map, worked out once for all fans that see it. */
export interface SeatMap {
  /** The most wanted first: the dear ones, from the front. */
  readonly available: readonly MapSeat[]
  readonly held: number
  readonly sold: number
}

/** Sorts and counts a seat map. */
export function toSeatMap(seats: readonly MapSeat[]): SeatMap {
  const available = seats
    .filter((seat) => seat.status === 'AVAILABLE')
    .toSorted((a, b) => b.price - a.price || a.seatId - b.seatId)
  const sold = seats.filter((seat) => seat.status === 'SOLD_OUT').length
  return { available, sold, held: seats.length - available.length - sold }
}

/** Where a choice falls: u^3 puts 46 % of the fans on the best tenth of the seats that are left. */
const SKEW = 3

/**
 * Seats for one fan: neighbours in order of popularity, most fans near the front. Seats in `known` were refused since
 * the map was drawn and are passed over. Fewer than asked for where fewer are left.
 */
export function chooseSeats(
  map: SeatMap,
  wanted: number,
  random: Random,
  known: ReadonlySet<number> = new Set(),
): readonly MapSeat[] {
  const free = known.size === 0 ? map.available : map.available.filter((seat) => !known.has(seat.seatId))
  const starts = Math.max(0, free.length - wanted) + 1
  const start = Math.min(starts - 1, Math.floor(starts * random.next() ** SKEW))
  return free.slice(start, start + wanted)
}

/** What a fan makes of a map: there are seats, there may be later, or it is over. */
export function availabilityOf(map: SeatMap): 'seats' | 'held' | 'sold-out' {
  if (map.available.length > 0) return 'seats'
  return map.held > 0 ? 'held' : 'sold-out'
}
