import type { Seat } from '../../seat-map/live-states.ts'

/** A section of the list: its rows in the order of the map, and what is free in it. */
export interface SectionOfSeats {
  section: string
  grades: { grade: string; price: number }[]
  free: number
  rows: { row: string; free: number; seats: Seat[] }[]
}

/** The seats by section and row, in the order in which the API lists them. */
export function groupSeats(seats: readonly Seat[]): SectionOfSeats[] {
  const sections = new Map<string, Map<string, Seat[]>>()
  for (const seat of seats) {
    const rows = sections.get(seat.section) ?? new Map<string, Seat[]>()
    sections.set(seat.section, rows)
    const row = rows.get(seat.row) ?? []
    rows.set(seat.row, row)
    row.push(seat)
  }
  return [...sections].map(([section, rows]) => {
    const all = [...rows.values()].flat()
    const grades = new Map(all.map(({ grade, price }) => [`${grade} ${price}`, { grade, price }]))
    return {
      section,
      grades: [...grades.values()],
      free: countFree(all),
      rows: [...rows].map(([row, own]) => ({ row, free: countFree(own), seats: own })),
    }
  })
}

function countFree(seats: readonly Seat[]): number {
  return seats.filter(({ status }) => status === 'AVAILABLE').length
}
