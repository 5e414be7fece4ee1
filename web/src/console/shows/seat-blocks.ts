import type { LayoutSeat } from '../../seat-map/plan-seats.ts'

/** What chosen seats become. */
export type BlockTo = 'BLOCKED' | 'AVAILABLE'

const NAMED_MAX = 12

/**
 * The letters of the seats as a map shows them to choose from: what can become `to` is free to choose, and what is so already is not.
 * Seats that somebody holds or has bought stay as they are.
 */
export function pickableStates(states: string, to: BlockTo): string {
  if (to === 'BLOCKED') return states
  return states.replaceAll(/[AB]/g, (letter) => (letter === 'B' ? 'A' : 'B'))
}

/** The seats that a refusal names. */
export function takenSeatIds(details: unknown): number[] {
  if (typeof details !== 'object' || details === null || !('seatIds' in details)) return []
  const { seatIds } = details
  return Array.isArray(seatIds) ? seatIds.filter((seatId) => typeof seatId === 'number') : []
}

/** Seats as people name them, `Floor A-12`; the first few of many. */
export function nameSeats(layout: readonly LayoutSeat[], seatIds: readonly number[]): string {
  const wanted = new Set(seatIds)
  const names = layout
    .filter(({ seatId }) => wanted.has(seatId))
    .map(({ section, row, seatNumber }) => `${section} ${row}-${seatNumber}`)
  return names.length > NAMED_MAX ? `${names.slice(0, NAMED_MAX).join(', ')}, …` : names.join(', ')
}

/** The ids of seats of one row that can be chosen, from one number to another. */
export function seatsInRange(
  layout: readonly LayoutSeat[],
  states: string,
  range: { section: string; row: string; from: number; to: number },
): number[] {
  return layout.flatMap(({ seatId, section, row, seatNumber }, at) =>
    section === range.section &&
    row === range.row &&
    seatNumber >= range.from &&
    seatNumber <= range.to &&
    states[at] === 'A'
      ? [seatId]
      : [],
  )
}

/** Sections with the rows of each, in the order of the layout, and how many seats the longest row has. */
export function rowsBySection(layout: readonly LayoutSeat[]): Map<string, Map<string, number>> {
  const sections = new Map<string, Map<string, number>>()
  for (const { section, row, seatNumber } of layout) {
    const rows = sections.get(section) ?? new Map<string, number>()
    sections.set(section, rows)
    rows.set(row, Math.max(rows.get(row) ?? 0, seatNumber))
  }
  return sections
}
