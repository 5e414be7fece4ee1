import type { Seat } from './reservation.ts'

/** How many seats somebody wants, anywhere or in one grade. */
export interface BestAvailableWish {
  quantity: number
  grade?: string | undefined
}

/**
 * Picks free seats: side by side in one row if any row has room, as near to the front of `seats` as possible; otherwise
 * from the largest groups, so that a party is split as little as possible. Undefined when fewer are free.
 *
 * Many people ask at once and would all get the same seats. So `chooseIndex(count)` chooses one of the best picks, of
 * which there are `alternatives` at most; 1 gives the best itself.
 */
export function pickBestAvailable(
  seats: readonly Seat[],
  takenSeatIds: ReadonlySet<number>,
  wish: BestAvailableWish,
  alternatives: number,
  chooseIndex: (count: number) => number,
): Seat[] | undefined {
  const runs = findRuns(seats, (seat) => isWanted(seat, wish) && !takenSeatIds.has(seat.seatId))
  const adjacent: Seat[][] = []
  for (const run of runs) {
    for (
      let start = 0;
      start + wish.quantity <= run.length && adjacent.length < alternatives;
      start += wish.quantity
    ) {
      adjacent.push(run.slice(start, start + wish.quantity))
    }
  }
  if (adjacent.length > 0) return adjacent[chooseIndex(adjacent.length)]
  return pickFromLargestRuns(runs, wish.quantity, alternatives, chooseIndex)
}

function isWanted(seat: Seat, wish: BestAvailableWish): boolean {
  return wish.grade === undefined || seat.grade === wish.grade
}

/** Groups of free seats that lie side by side, in order. */
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

function pickFromLargestRuns(
  runs: readonly (readonly Seat[])[],
  quantity: number,
  alternatives: number,
  chooseIndex: (count: number) => number,
): Seat[] | undefined {
  const largestFirst = runs.toSorted((a, b) => b.length - a.length)
  const free = largestFirst.flat()
  if (free.length < quantity) return undefined
  const startCount = Math.min(alternatives, free.length - quantity + 1)
  const start = chooseIndex(startCount)
  return free.slice(start, start + quantity)
}
