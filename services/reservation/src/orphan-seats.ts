import { canLeaveNoOrphan } from './best-available.ts'
import type { Hall } from './hall.ts'

/**
 * The seats that a choice would leave single: free ones beside it that have nobody free beside them then. The end of a row counts as
 * taken, since nobody can sit beyond it. Empty where no choice can help it: where nowhere as many seats of a chosen grade lie side by side
 * that would leave none. Empty also where a chosen seat is taken, which is another refusal.
 */
export function orphansLeftBy(hall: Hall, taken: Uint8Array, chosen: readonly number[]): number[] {
  if (chosen.some((ordinal) => taken[ordinal] !== 0)) return []
  const after = taken.slice()
  for (const ordinal of chosen) after[ordinal] = 1
  const orphans = new Set<number>()
  for (const ordinal of chosen) {
    const { firstOrdinal, length } = hall.stretchAt(ordinal)
    const isFree = (at: number): boolean =>
      at >= firstOrdinal && at < firstOrdinal + length && after[at] === 0
    for (const beside of [ordinal - 1, ordinal + 1]) {
      if (isFree(beside) && !isFree(beside - 1) && !isFree(beside + 1)) orphans.add(beside)
    }
  }
  if (orphans.size === 0) return []
  const grades = new Set(chosen.map((ordinal) => hall.layout.seat(hall.seatIdAt(ordinal))?.grade))
  const isAvoidable = [...grades].some((grade) =>
    canLeaveNoOrphan(hall, taken, { quantity: chosen.length, grade }),
  )
  return isAvoidable ? [...orphans].toSorted((a, b) => a - b) : []
}
