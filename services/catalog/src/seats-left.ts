import type { Queryable } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { LRUCache } from 'lru-cache'
import { countReserved, countReservedByGrade } from './sql/reserved-seats.ts'
import type { ReservedOfGrade } from './sql/reserved-seats.ts'
import type { Schedule } from './sql/schedules.ts'
import type { Grade } from './sql/seats.ts'

const FRESH_MS = 1_000
const SCHEDULES_MAX = 10_000
const COUNTED_TOGETHER_MAX = 1_000
const COMPARE_AFTER_MS = 30_000

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
    const count = counts.find((one) => one.grade === grade.grade && one.price === grade.price)
    return { ...grade, availableSeats: Math.max(0, grade.seatCount - (count?.reserved ?? 0)) }
  })
}

/**
 * Seats left by schedule, counted from reservation events. The numbers are approximate, since events take a moment to arrive and
 * a count is kept for a second. All schedules of a list are counted by one statement, which a crowd shares. A cancelled schedule has none left.
 */
export class SeatsLeft {
  readonly #reserved: CoalescedCache<number, number>
  readonly #byGrade: CoalescedCache<number, ReservedOfGrade[]>
  /** When each was compared with the reservation service last, in ms of `performance.now()`. */
  readonly #compared = new LRUCache<number, number>({ max: SCHEDULES_MAX })
  readonly #toCompare = new Set<number>()

  constructor(db: Queryable) {
    const counts = new Batcher<'all', number, number>({
      batchMax: COUNTED_TOGETHER_MAX,
      send: async (_all, scheduleIds) => {
        const reserved = await countReserved(db, scheduleIds)
        return scheduleIds.map((scheduleId) => reserved.get(scheduleId) ?? 0)
      },
    })
    this.#reserved = new CoalescedCache({
      load: (scheduleId) => counts.add('all', scheduleId),
      freshMs: FRESH_MS,
      max: SCHEDULES_MAX,
    })
    this.#byGrade = new CoalescedCache({
      load: (scheduleId) => countReservedByGrade(db, scheduleId),
      freshMs: FRESH_MS,
      max: SCHEDULES_MAX,
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
  async ofGrades({ scheduleId, status }: Counted, grades: readonly Grade[]): Promise<GradeLeft[]> {
    if (status === 'CANCELLED') return grades.map((grade) => ({ ...grade, availableSeats: 0 }))
    this.#noteAsked(scheduleId)
    return withoutReserved(grades, await this.#byGrade.get(scheduleId))
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
