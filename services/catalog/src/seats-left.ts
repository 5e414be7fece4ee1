import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Queryable } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { LRUCache } from 'lru-cache'
import { countReserved, countReservedByGrade } from './sql/reserved-seats.ts'
import type { ReservedOfGrade } from './sql/reserved-seats.ts'
import type { Schedule } from './sql/schedules.ts'
import { readGradeRanges } from './sql/seats.ts'
import type { Grade, GradeRange } from './sql/seats.ts'

const FRESH_MS = 1_000
const SCHEDULES_MAX = 10_000
const COUNTED_TOGETHER_MAX = 1_000
const COMPARE_AFTER_MS = 30_000
// What the reservation service counts for one call, and for how many calls of this process at once.
const RANGES_A_CALL = 500
const CALLS_AT_ONCE = 2
// Ids of seats run from 1, and SCHEDULE_SEATS_MAX is far below this.
const ALL_SEATS = { firstSeatId: 1, lastSeatId: 2_147_483_647 }

/** A grade with the seats of it that can be had. */
export interface GradeLeft extends Grade {
  availableSeats: number
}

type Counted = Pick<Schedule, 'scheduleId' | 'seatCount' | 'status'>

/** Seats left of one schedule, counted now, for the answer to a change in the same transaction. */
export async function countSeatsLeft(
  db: Queryable,
  { scheduleId, seatCount, status }: Counted,
): Promise<number> {
  if (status === 'CANCELLED') return 0
  const reserved = await countReserved(db, [scheduleId])
  return Math.max(0, seatCount - (reserved.get(scheduleId) ?? 0))
}

/** The same of each grade of a schedule that is not cancelled, in the same order. */
export async function countGradesLeft(
  db: Queryable,
  { scheduleId }: Pick<Schedule, 'scheduleId'>,
  grades: readonly Grade[],
): Promise<GradeLeft[]> {
  return withoutReserved(grades, await countReservedByGrade(db, scheduleId))
}

function withoutReserved(grades: readonly Grade[], counts: readonly ReservedOfGrade[]): GradeLeft[] {
  return grades.map((grade) => {
    const reserved = counts
      .filter((count) => count.grade === grade.grade && count.price === grade.price)
      .reduce((sum, count) => sum + count.reserved, 0)
    return { ...grade, availableSeats: Math.max(0, grade.seatCount - reserved) }
  })
}

/** Ids of seats of one schedule, both ends included. */
export interface SeatRange {
  scheduleId: number
  firstSeatId: number
  lastSeatId: number
}

/**
 * Seats left by schedule, as old as a second. They are asked of the reservation service, by one call for all schedules that a crowd asks
 * for. Where it does not answer, they are counted from reservation events, as far as these have come: nobody holds seats then. Events alone
 * are too late where a process has died that has partitions of theirs, since its group waits for it, and while the broker is away. A cancelled
 * schedule has none left.
 */
export class SeatsLeft {
  readonly #reserved: CoalescedCache<number, number>
  readonly #byGrade: CoalescedCache<number, ReservedOfGrade[]>
  readonly #gradeRanges: CoalescedCache<number, GradeRange[]>
  readonly #taken: Batcher<'all', SeatRange, number>
  readonly #failures: FailureLog
  /** When each was compared with the reservation service last, in ms of `performance.now()`. */
  readonly #compared = new LRUCache<number, number>({ max: SCHEDULES_MAX })
  readonly #toCompare = new Set<number>()

  /** `countTaken` asks the reservation service, which must end by a deadline of its own. */
  constructor(options: {
    db: Queryable
    countTaken: (ranges: readonly SeatRange[]) => Promise<readonly number[]>
    logger: ConstructorParameters<typeof FailureLog>[0]
  }) {
    const { db, countTaken, logger } = options
    this.#failures = new FailureLog(logger, 'seats left are counted from events')
    this.#taken = new Batcher({
      batchMax: RANGES_A_CALL,
      atOnceMax: CALLS_AT_ONCE,
      waitMaxMs: FRESH_MS,
      send: (_all, ranges) => countTaken(ranges),
    })
    const counts = new Batcher<'all', number, number>({
      batchMax: COUNTED_TOGETHER_MAX,
      send: async (_all, scheduleIds) => {
        const reserved = await countReserved(db, scheduleIds)
        return scheduleIds.map((scheduleId) => reserved.get(scheduleId) ?? 0)
      },
    })
    const cached = { freshMs: FRESH_MS, max: SCHEDULES_MAX }
    this.#reserved = new CoalescedCache({
      load: async (scheduleId) => {
        const [taken] = (await this.#countTaken([{ scheduleId, ...ALL_SEATS }])) ?? []
        return taken ?? counts.add('all', scheduleId)
      },
      ...cached,
    })
    this.#gradeRanges = new CoalescedCache({
      load: (scheduleId) => readGradeRanges(db, scheduleId),
      freshMs: Number.POSITIVE_INFINITY,
      max: SCHEDULES_MAX,
    })
    this.#byGrade = new CoalescedCache({
      load: async (scheduleId) => {
        const ranges = await this.#gradeRanges.get(scheduleId)
        const taken = await this.#countTaken(ranges.map((range) => ({ scheduleId, ...range })))
        if (taken === undefined) return countReservedByGrade(db, scheduleId)
        return ranges.map(({ grade, price }, index) => ({ grade, price, reserved: taken[index] ?? 0 }))
      },
      ...cached,
    })
  }

  /** Seats left of each schedule, in the same order. */
  of(schedules: readonly Counted[]): Promise<number[]> {
    return Promise.all(
      schedules.map(async ({ scheduleId, seatCount, status }) => {
        if (status === 'CANCELLED') return 0
        this.#noteAsked(scheduleId)
        return Math.max(0, seatCount - (await this.#reserved.get(scheduleId)))
      }),
    )
  }

  /** Seats left of each grade of a schedule, in the same order. */
  async ofGrades({ scheduleId, seatCount, status }: Counted, grades: readonly Grade[]): Promise<GradeLeft[]> {
    if (status === 'CANCELLED') return grades.map((grade) => ({ ...grade, availableSeats: 0 }))
    this.#noteAsked(scheduleId)
    const last = (await this.#gradeRanges.get(scheduleId)).at(-1)
    // Seats were added since, behind those that there were.
    if (last === undefined || last.lastSeatId < seatCount) this.#gradeRanges.forget(scheduleId)
    return withoutReserved(grades, await this.#byGrade.get(scheduleId))
  }

  /** How many seats of each range are taken now; undefined where the reservation service could not be asked. */
  async #countTaken(ranges: readonly SeatRange[]): Promise<number[] | undefined> {
    try {
      const taken = await Promise.all(
        ranges.map(({ scheduleId, firstSeatId, lastSeatId }) =>
          this.#taken.add('all', { scheduleId, firstSeatId, lastSeatId }),
        ),
      )
      this.#failures.succeeded()
      return taken
    } catch (error) {
      this.#failures.failed(error)
      return undefined
    }
  }

  /** Schedules that were asked for and not compared with the reservation service for 30 s, at most `limit`; they count as compared then. */
  takeToCompare(limit: number): number[] {
    const taken = [...this.#toCompare].slice(0, limit)
    for (const scheduleId of taken) {
      this.#toCompare.delete(scheduleId)
      this.#compared.set(scheduleId, performance.now())
    }
    return taken
  }

  #noteAsked(scheduleId: number): void {
    if (this.#toCompare.size >= SCHEDULES_MAX) return
    const comparedAtMs = this.#compared.get(scheduleId) ?? -Infinity
    if (performance.now() - comparedAtMs >= COMPARE_AFTER_MS) this.#toCompare.add(scheduleId)
  }
}
