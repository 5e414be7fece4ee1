import type { Seat } from './reservation.ts'

/** How many seats somebody wants, wherever they are. */
export interface BestAvailableWish {
  quantity: number
  grade?: string | undefined
}

/**
 * Picks free seats: side by side in one row where any row has that, nearest to the front of `seats`; otherwise from the
 * largest groups, so that a party is split as little as possible. Undefined when fewer are free.
 *
 * Many people ask at once and would all get the same answer, so `alternatives` says among how many of the best to
 * choose, by `chooseIndex(count)`: 1 for the best itself.
 */
export function pickBestAvailable(
  seats: readonly Seat[],
  takenSeatIds: ReadonlySet<number>,
  wish: BestAvailableWish,
  alternatives: number,
  chooseIndex: (count: number) => number,
): Seat[] | undefined {
  const runs = findRuns(seats, (seat) => isWanted(seat, wish) && !takenSeatIds.has(seat.seatId))
  const together: Seat[][] = []
  for (const run of runs) {
    for (
      let at = 0;
      at + wish.quantity <= run.length && together.length < alternatives;
      at += wish.quantity
    ) {
      together.push(run.slice(at, at + wish.quantity))
    }
  }
  if (together.length > 0) return together[chooseIndex(together.length)]
  return pickApart(runs, wish.quantity, alternatives, chooseIndex)
}

function isWanted(seat: Seat, wish: BestAvailableWish): boolean {
  return wish.grade === undefined || seat.grade === wish.grade
}

/** Free seats that lie side by side, in order. */
function findRuns(seats: readonly Seat[], isFree: (seat: Seat) => boolean): Seat[][] {
  const runs: Seat[][] = []
  let run: Seat[] = []
  for (const seat of seats) {
    if (!isFree(seat)) continue
    const before = run.at(-1)
    const isNext =
      before !== undefined &&
      before.section === seat.section &&
      before.row === seat.row &&
      before.seatNumber + 1 === seat.seatNumber
    if (isNext) {
      run.push(seat)
    } else {
      run = [seat]
      runs.push(run)
    }
  }
  return runs
}

function pickApart(
  runs: readonly (readonly Seat[])[],
  quantity: number,
  alternatives: number,
  chooseIndex: (count: number) => number,
): Seat[] | undefined {
  const largestFirst = runs.toSorted((a, b) => b.length - a.length)
  const free = largestFirst.flat()
  if (free.length < quantity) return undefined
  const starts = Math.min(alternatives, free.length - quantity + 1)
  const start = chooseIndex(starts)
  return free.slice(start, start + quantity)
}
