import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { layOutSections, rowLabel } from './lay-out-sections.ts'

const block = { grade: 'R', price: 100, rows: 2, seatsPerRow: 10 }

describe('layOutSections', () => {
  test('a section in two grades goes on counting its rows', () => {
    const { blocks, rowLabels, seatCount } = layOutSections([
      { ...block, section: 'Floor' },
      { ...block, section: 'Balcony', rows: 1 },
      { ...block, section: 'Floor', grade: 'S' },
    ])
    expect(blocks.map((one) => [one.section, one.rowsBefore, one.seatsBefore])).toEqual([
      ['Floor', 0, 0],
      ['Balcony', 0, 20],
      ['Floor', 2, 30],
    ])
    expect(rowLabels).toEqual(['A', 'B', 'C', 'D'])
    expect(seatCount).toBe(50)
  })

  test('no two blocks share a seat id or a row, and every id up to the count is used', () => {
    const section = fc.record({
      section: fc.constantFrom('Floor', 'Balcony', 'Gallery'),
      grade: fc.constantFrom('VIP', 'R'),
      price: fc.nat(),
      rows: fc.integer({ min: 1, max: 30 }),
      seatsPerRow: fc.integer({ min: 1, max: 30 }),
    })
    fc.assert(
      fc.property(fc.array(section, { minLength: 1, maxLength: 8 }), (sections) => {
        const { blocks, rowLabels, seatCount } = layOutSections(sections)
        let expected = 0
        const rows = new Set<string>()
        let rowTotal = 0
        for (const one of blocks) {
          expect(one.seatsBefore).toBe(expected)
          expected += one.rows * one.seatsPerRow
          rowTotal += one.rows
          for (let row = 0; row < one.rows; row += 1) {
            rows.add(`${one.section}/${rowLabels[one.rowsBefore + row]}`)
          }
        }
        expect(seatCount).toBe(expected)
        expect(rows.size).toBe(rowTotal)
      }),
    )
  })
})

test('row labels are all different and go on after Z', () => {
  const labels = Array.from({ length: 2_000 }, (_, index) => rowLabel(index))
  expect(labels.slice(24, 29)).toEqual(['Y', 'Z', 'AA', 'AB', 'AC'])
  expect(labels[701]).toBe('ZZ')
  expect(labels[702]).toBe('AAA')
  expect(new Set(labels).size).toBe(labels.length)
})
