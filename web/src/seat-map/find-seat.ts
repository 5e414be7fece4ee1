import type { PlacedSeat } from './plan-seats.ts'
import type { Point } from './view.ts'

/** Finds the seat at a place of the plan: a fixed few comparisons, however many seats there are. */
export interface SeatFinder {
  /** The nearest seat whose middle is within `reach` seats, 1 at most. */
  at: (place: Point, reach: number) => PlacedSeat | undefined
}

/** Sorts seats into squares of one seat's size. */
export function indexSeats(seats: readonly PlacedSeat[]): SeatFinder {
  const squares = new Map<number, PlacedSeat[]>()
  for (const seat of seats) {
    const key = squareOf(Math.floor(seat.x), Math.floor(seat.y))
    const square = squares.get(key)
    if (square === undefined) squares.set(key, [seat])
    else square.push(seat)
  }
  return {
    at: ({ x, y }, reach) => {
      let best: PlacedSeat | undefined
      let least = reach ** 2
      for (let column = Math.floor(x) - 1; column <= Math.floor(x) + 1; column++) {
        for (let row = Math.floor(y) - 1; row <= Math.floor(y) + 1; row++) {
          for (const seat of squares.get(squareOf(column, row)) ?? []) {
            const distance = (seat.x - x) ** 2 + (seat.y - y) ** 2
            if (distance > least) continue
            best = seat
            least = distance
          }
        }
      }
      return best
    },
  }
}

/** Plans are at most some ten thousand seats wide, so no two squares share a number. */
function squareOf(column: number, row: number): number {
  return row * 65_536 + column
}
