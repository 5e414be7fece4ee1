import type { SeatPlan } from './plan-seats.ts'

/** Seats left of each offer, in the order of the plan's offers. */
export function countFree({ offers, seats }: SeatPlan, states: string): number[] {
  const free = offers.map(() => 0)
  for (const { index, offer } of seats) {
    if (states[index] === 'A') free[offer] = (free[offer] ?? 0) + 1
  }
  return free
}
