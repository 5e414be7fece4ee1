/** A block of seats as an admin orders it. */
export interface Section {
  section: string
  grade: string
  price: number
  rows: number
  seatsPerRow: number
}

/** A section with its place in the schedule. */
export interface SectionBlock extends Section {
  /** Seats of the blocks before it: its first seat id is one more. */
  seatsBefore: number
  /** Rows that the same section has in blocks before it: a section in two grades goes on counting its rows. */
  rowsBefore: number
}

/** The seats that a schedule has already. */
export interface SeatsBefore {
  seatCount: number
  /** Rows by section. */
  rowsOf: ReadonlyMap<string, number>
}

/** Seats of a schedule, ready to write. */
export interface SeatLayout {
  blocks: SectionBlock[]
  /** Labels by the row's index in its section. */
  rowLabels: string[]
  /** With those before. */
  seatCount: number
}

/** Numbers seats and rows of the sections, in the order they are given, behind those that there are. */
export function layOutSections(
  sections: readonly Section[],
  before: SeatsBefore = { seatCount: 0, rowsOf: new Map() },
): SeatLayout {
  const rowsOf = new Map(before.rowsOf)
  const blocks: SectionBlock[] = []
  let { seatCount } = before
  let rowCount = 0
  for (const section of sections) {
    const rowsBefore = rowsOf.get(section.section) ?? 0
    blocks.push({ ...section, seatsBefore: seatCount, rowsBefore })
    rowsOf.set(section.section, rowsBefore + section.rows)
    seatCount += section.rows * section.seatsPerRow
    rowCount = Math.max(rowCount, rowsBefore + section.rows)
  }
  return { blocks, rowLabels: Array.from({ length: rowCount }, (_, index) => rowLabel(index)), seatCount }
}

/** A, B, … Z, AA, AB, … as theatres letter their rows. */
export function rowLabel(index: number): string {
  const last = String.fromCodePoint(65 + (index % 26))
  return index < 26 ? last : rowLabel(Math.floor(index / 26) - 1) + last
}
