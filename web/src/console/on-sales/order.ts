import { salePhase } from '../../pages/schedule/sale-phase.ts'
import type { SalePhase } from '../../pages/schedule/sale-phase.ts'

/** What sells now goes first, then what opens next, then what is over. */
const RANKS: Readonly<Record<SalePhase, number>> = {
  open: 0,
  'room-open': 1,
  'closed-room': 2,
  'sold-out': 3,
  closed: 4,
  over: 5,
  cancelled: 6,
}

/**
 * Whether the API may have openings that are still to come behind these. It lists what is on sale by its opening, the soonest first, so that
 * sales that have been open for weeks stand before the one of today.
 */
export function hidesOpenings(listed: readonly { bookingOpenAt: string }[], now: number): boolean {
  const last = listed.at(-1)
  return last !== undefined && Date.parse(last.bookingOpenAt) <= now
}

/** Schedules in the order in which somebody may have to do something; of one phase, what opened or opens nearest to now. */
export function inOrderOfAttention<S extends Parameters<typeof salePhase>[0]>(
  schedules: readonly S[],
  now: number,
): S[] {
  const ranked = schedules.map((schedule) => ({
    schedule,
    rank: RANKS[salePhase(schedule, now)],
    fromNowMs: Math.abs(Date.parse(schedule.bookingOpenAt) - now),
  }))
  return ranked
    .toSorted((one, other) => one.rank - other.rank || one.fromNowMs - other.fromNowMs)
    .map(({ schedule }) => schedule)
}
