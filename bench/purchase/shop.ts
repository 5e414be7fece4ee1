import type { Stack } from '../bare-stack.ts'

/** What one person does in a round: joins the line of one schedule and buys these seats. */
export interface Visit {
  userId: string
  bearerToken: string
  scheduleId: number
  seatIds: readonly number[]
}

/** A sale that has been opened for a round. */
export interface Sale {
  buyers: readonly Visit[]
  /** People who come when the seats are sold, each for seats of one buyer. */
  late: readonly Visit[]
}

/** A stack that sells seats. */
export interface Shop {
  stack: Stack
  /** Opens a sale for so many buyers, half of them for one seat and half for two, and half as many late people. */
  openSale(round: number, buyers: number): Promise<Sale>
  /** Tokens whose places can be polled, where those that a join answers can't. */
  knownTokens?: readonly string[]
  /** The path, below /api/v1, of holds that are refused. */
  refusedPath: string
  /** The path of the map of a schedule's seats. */
  mapPath(scheduleId: number): string
  /** Jobs that have not ended. */
  countOpenJobs(): Promise<number>
}

/** Makes the visits of a sale whose schedules have these seats: buyers take turns at the schedules. */
export async function planVisits(
  schedules: readonly { scheduleId: number; seatIds: readonly number[] }[],
  buyers: number,
  person: (index: number) => Promise<Pick<Visit, 'userId' | 'bearerToken'>>,
): Promise<Sale> {
  const used = new Map<number, number>()
  const plan = await Promise.all(
    Array.from({ length: buyers }, async (_none, index): Promise<Visit> => {
      const schedule = schedules[index % schedules.length]
      if (schedule === undefined) throw new Error('a sale without a schedule')
      const from = used.get(schedule.scheduleId) ?? 0
      const to = from + 1 + (Math.floor(index / schedules.length) % 2)
      if (to > schedule.seatIds.length) throw new Error('the schedule has too few seats')
      used.set(schedule.scheduleId, to)
      return {
        scheduleId: schedule.scheduleId,
        seatIds: schedule.seatIds.slice(from, to),
        ...(await person(index)),
      }
    }),
  )
  const late = await Promise.all(
    plan
      .slice(0, Math.ceil(buyers / 2))
      .map(async (visit, index) => ({ ...visit, ...(await person(buyers + index)) })),
  )
  return { buyers: plan, late }
}

/** Seats that each schedule of a sale needs for `planVisits`. */
export function seatsNeeded(buyers: number, schedules: number): number {
  return Math.ceil(buyers / schedules) * 2
}
