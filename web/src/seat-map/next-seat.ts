import type { PlacedSeat } from './plan-seats.ts'

/** Where an arrow key leads. */
export type Direction = 'left' | 'right' | 'up' | 'down'

const STEPS: Record<Direction, { dx: number; dy: number }> = {
  left: { dx: -1, dy: 0 },
  right: { dx: 1, dy: 0 },
  up: { dx: 0, dy: -1 },
  down: { dx: 0, dy: 1 },
}

/** A seat that is off the line by one counts as far as one that is this much farther along it: rows are kept before sections are. */
const OFF_LINE_COST = 3

/** The seat that an arrow key leads to, over aisles too; undefined at the edge of the plan. */
export function nextSeat(
  seats: readonly PlacedSeat[],
  from: PlacedSeat,
  direction: Direction,
): PlacedSeat | undefined {
  const { dx, dy } = STEPS[direction]
  let best: PlacedSeat | undefined
  let least = Infinity
  for (const seat of seats) {
    const along = (seat.x - from.x) * dx + (seat.y - from.y) * dy
    if (along < 0.5) continue
    const off = Math.abs((seat.x - from.x) * dy) + Math.abs((seat.y - from.y) * dx)
    const distance = along + off * OFF_LINE_COST
    if (off > along + 1 || distance >= least) continue
    best = seat
    least = distance
  }
  return best
}
