import type { SeatRun__Output as SeatRun } from '@frontrow/proto/gen/frontrow/catalog/v1/SeatRun'
import type { Seat } from './reservation.ts'

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

  /** Whether some seat is of this grade and this section, where they are named. */
  hasSeatsOf({ grade, section }: { grade?: string | undefined; section?: string | undefined }): boolean {
    return this.runs.some(
      (run) =>
        (grade === undefined || run.grade === grade) && (section === undefined || run.section === section),
    )
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
