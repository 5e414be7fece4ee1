import { expect, test } from '@jest/globals'
import { TypedFields } from '../form/typed-fields.ts'
import {
  addSection,
  countSections,
  previewSeats,
  readSection,
  removeSection,
  sectionPath,
} from './section-fields.ts'

const one = {
  title: 'kept',
  'sections.0.section': 'Floor',
  'sections.0.grade': 'VIP',
  'sections.0.price': '150,000',
  'sections.0.rows': '2',
  'sections.0.seatsPerRow': '3',
}

test('a section is added as a copy without its name, and taken away without leaving a gap', () => {
  const two = addSection(one)
  expect(countSections(two)).toBe(2)
  expect(two[sectionPath(1, 'section')]).toBe('')
  expect(two[sectionPath(1, 'price')]).toBe('150,000')
  const second = removeSection({ ...two, [sectionPath(1, 'section')]: 'Balcony' }, 0)
  expect(countSections(second)).toBe(1)
  expect(second).toMatchObject({ title: 'kept', 'sections.0.section': 'Balcony' })
})

test('a section is read as the API takes it, and each field that is wrong is named', () => {
  const good = new TypedFields(one, (key) => key)
  expect(readSection(good, 0, 0, (key) => key)).toEqual({
    section: 'Floor',
    grade: 'VIP',
    price: 150_000,
    rows: 2,
    seatsPerRow: 3,
  })
  expect(good.problems).toEqual({})
  const bad = new TypedFields(
    {
      ...one,
      'sections.0.section': '',
      'sections.0.price': '1.5',
      'sections.0.rows': '0',
      'sections.0.seatsPerRow': 'x',
    },
    (key) => key,
  )
  readSection(bad, 0, 0, (key) => key)
  expect(bad.problems).toEqual({
    'sections.0.price': 'typed.price.decimal',
    'sections.0.section': 'typed.none',
    'sections.0.rows': 'typed.number',
    'sections.0.seatsPerRow': 'typed.number',
  })
})

test('the preview numbers seats as the API does: ids over all sections, rows on where a section is named again', () => {
  const floor = { section: 'Floor', grade: 'VIP', price: 2, rows: 1, seatsPerRow: 2 }
  const seats = previewSeats([floor, { ...floor, grade: 'R', rows: 27, seatsPerRow: 1 }]) ?? []
  expect(seats.map(({ seatId }) => seatId)).toEqual(Array.from({ length: 29 }, (_, at) => at + 1))
  expect(seats.slice(0, 3).map(({ row, seatNumber }) => `${row}${seatNumber}`)).toEqual(['A1', 'A2', 'B1'])
  expect(seats.at(-1)?.row).toBe('AB')
  expect(previewSeats([])).toBeUndefined()
  expect(previewSeats([{ ...floor, rows: 10_000, seatsPerRow: 10_000 }])).toBeUndefined()
})
