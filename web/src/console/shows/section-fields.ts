import type { LayoutSeat } from '../../seat-map/plan-seats.ts'
import { readAmount } from '../../top-up-amount.ts'
import type { Say } from '../../words.ts'
import type { TypedFields } from '../form/typed-fields.ts'
import type { Values } from '../form/use-form.ts'
import type { NewSchedule } from './show-queries.ts'

/** A block of seats to make. */
export type Section = NewSchedule['sections'][number]

/** What the API takes of one section, and of one schedule. */
export const SECTIONS_MAX = 100
const COUNT_MAX = 10_000
const PRICE_MAX = 1_000_000_000
/** A preview of more seats than a hall may have by default would only be slow. */
const SEATS_DRAWN_MAX = 10_000

/** The fields of a section, as the API names them. */
const sectionFields = ['section', 'grade', 'price', 'rows', 'seatsPerRow'] as const

type SectionField = (typeof sectionFields)[number]

/** The path of a field of the section at a place. */
export function sectionPath(at: number, field: SectionField): string {
  return `sections.${at}.${field}`
}

/** How many sections a form has. */
export function countSections(values: Values): number {
  let count = 0
  while (values[sectionPath(count, 'section')] !== undefined) count += 1
  return count
}

/** The fields with one more section, which begins as a copy of the last one but for its name. */
export function addSection(values: Values): Values {
  const at = countSections(values)
  const copied = sectionFields.map((field) => [
    sectionPath(at, field),
    field === 'section' ? '' : (values[sectionPath(at - 1, field)] ?? ''),
  ])
  return { ...values, ...Object.fromEntries(copied) }
}

/** The fields without the section at a place; those behind it move up. */
export function removeSection(values: Values, gone: number): Values {
  const others = Object.entries(values).filter(([path]) => !path.startsWith('sections.'))
  const kept = Array.from({ length: countSections(values) }, (_, at) => at).filter((at) => at !== gone)
  const moved = kept.flatMap((from, to) =>
    sectionFields.map((field) => [sectionPath(to, field), values[sectionPath(from, field)] ?? '']),
  )
  return Object.fromEntries([...others, ...moved])
}

/** Reads the section at a place; `digits` are those of the currency's smaller unit. */
export function readSection(fields: TypedFields, at: number, digits: number, t: Say): Section {
  const pricePath = sectionPath(at, 'price')
  const typed = readAmount(fields.raw(pricePath), digits, {
    chargeAmountMin: 1,
    chargeAmountMax: PRICE_MAX,
  })
  if ('problem' in typed) fields.note(pricePath, t(`typed.price.${typed.problem}`))
  return {
    section: fields.text(sectionPath(at, 'section'), 50),
    grade: fields.text(sectionPath(at, 'grade'), 50),
    price: 'amount' in typed ? typed.amount : 0,
    rows: fields.wholeNumber(sectionPath(at, 'rows'), 1, COUNT_MAX),
    seatsPerRow: fields.wholeNumber(sectionPath(at, 'seatsPerRow'), 1, COUNT_MAX),
  }
}

/** How many seats sections have in all. */
export function countSeats(sections: readonly Section[]): number {
  return sections.reduce((sum, { rows, seatsPerRow }) => sum + rows * seatsPerRow, 0)
}

/**
 * The seats that sections will come to, numbered as the API does: rows are lettered on where a section is named again. Undefined where
 * there are none, or too many to draw.
 */
export function previewSeats(sections: readonly Section[]): LayoutSeat[] | undefined {
  const seatCount = countSeats(sections)
  if (seatCount === 0 || seatCount > SEATS_DRAWN_MAX) return undefined
  const rowsOf = new Map<string, number>()
  const seats: LayoutSeat[] = []
  for (const { section, grade, price, rows, seatsPerRow } of sections) {
    const before = rowsOf.get(section) ?? 0
    rowsOf.set(section, before + rows)
    for (let row = before; row < before + rows; row += 1) {
      for (let seatNumber = 1; seatNumber <= seatsPerRow; seatNumber += 1) {
        seats.push({ seatId: seats.length + 1, seatNumber, section, row: rowLabel(row), grade, price })
      }
    }
  }
  return seats
}

/** A, B, … Z, AA, AB, … */
function rowLabel(index: number): string {
  const last = String.fromCodePoint(65 + (index % 26))
  return index < 26 ? last : rowLabel(Math.floor(index / 26) - 1) + last
}
