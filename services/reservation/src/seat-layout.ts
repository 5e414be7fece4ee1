import type { SeatRun__Output as SeatRun } from '@frontrow/proto/gen/frontrow/catalog/v1/SeatRun'
import type { Seat } from './reservation.ts'

/** What seats are asked for; without a field, those of all its values. */
export interface SeatKind {
  grade?: string | undefined
  section?: string | undefined
  /** Of each seat. */
  price?: number | undefined
}

/** Whether seats with these fields are of a kind. */
export function isOfKind(seats: SeatKind, { grade, section, price }: SeatKind): boolean {
  return (
    (grade === undefined || seats.grade === grade) &&
    (section === undefined || seats.section === section) &&
    (price === undefined || seats.price === price)
  )
}

/**
 * The seats of one schedule, which never change (one that gets more seats gets another layout). Kept by the run and not by the seat:
 * a hall of 10,000 seats is a few hundred rows, and whoever holds seats wants four of them.
 */
export class SeatLayout {
  /** They go up by the ids of their seats, and no seat is in two. */
  readonly runs: readonly SeatRun[]
  /** How many seats there are. */
  readonly seatCount: number

  constructor(runs: readonly SeatRun[]) {
    this.runs = runs
    this.seatCount = runs.reduce((sum, run) => sum + run.seatCount, 0)
  }

  /** How many runs it keeps, which is what its memory goes by. */
  get runCount(): number {
    return this.runs.length
  }

  /** The seat of this id; undefined where the schedule has none. */
  seat(seatId: number): Seat | undefined {
    const index = this.runIndexOf(seatId)
    const run = index === undefined ? undefined : this.runs[index]
    return run === undefined ? undefined : seatOf(run, seatId - run.firstSeatId)
  }

  /** What seats of a kind cost, from the cheapest up; empty where there are none of it. */
  pricesOf(kind: SeatKind): number[] {
    const prices = this.runs.filter((run) => isOfKind(run, kind)).map((run) => run.price)
    return [...new Set(prices)].toSorted((a, b) => a - b)
  }

  /** The index in `runs` of the run that the seat is in. */
  runIndexOf(seatId: number): number | undefined {
    let low = 0
    let high = this.runs.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const run = this.runs[middle]
      if (run === undefined) return undefined
      if (seatId < run.firstSeatId) high = middle - 1
      else if (seatId > lastSeatIdOf(run)) low = middle + 1
      else return middle
    }
    return undefined
  }
}

/** The id of the last seat of a run. */
export function lastSeatIdOf(run: SeatRun): number {
  return run.firstSeatId + run.seatCount - 1
}

function seatOf(run: SeatRun, index: number): Seat {
  const { section, row, grade, price } = run
  return {
    seatId: run.firstSeatId + index,
    seatNumber: run.firstSeatNumber + index,
    section,
    row,
    grade,
    price,
  }
}
