import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Admission } from './admissions.ts'
import { checkNobodyPassedOver, checkSequences } from './check-order.ts'
import { offendersOf } from './offenders.ts'

const row = (number: number, sequence: number, enteredAtMs: number, admittedAtMs: number): Admission => ({
  number,
  sequence,
  enteredAtMs,
  admittedAtMs,
  active: 1,
  maxActive: null,
  admitPerSecond: 1,
})
const time = '2026-11-21T12:00:00.000Z'
const draw = { entries: 3, closedAt: time, drawnAt: time }

describe('nobody is passed over', () => {
  test('by one with a higher sequence while standing in the room', () => {
    const check = checkNobodyPassedOver([row(1, 9, 0, 50), row(2, 8, 49, 60)])
    expect(check.outcome).toBe('broken')
    expect(check.lines[0]).toContain('admission 2: sequence 8 had entered')
    expect(check.lines[0]).toContain('sequence 9 was admitted before it (number 1')
  })

  test.each([
    ['who entered after that', row(2, 8, 51, 60)],
    ['who entered in the very millisecond, when either may have been first', row(2, 8, 50, 60)],
    ['who stands behind', row(2, 10, 0, 60)],
  ])('one %s was not passed over', (_name, later) => {
    expect(checkNobodyPassedOver([row(1, 9, 0, 50), later]).outcome).toBe('holds')
  })

  test('within a batch of one millisecond either: the numbers tell the order', () => {
    expect(checkNobodyPassedOver([row(1, 9, 0, 50), row(2, 8, 0, 50)]).outcome).toBe('broken')
    expect(checkNobodyPassedOver([row(1, 8, 0, 50), row(2, 9, 0, 50)]).outcome).toBe('holds')
  })

  test('is decided as by comparing each with each', () => {
    const small = fc.integer({ min: 1, max: 12 })
    const log = fc
      .array(fc.tuple(small, small, small), { maxLength: 25 })
      .map((rows) =>
        rows.map(([sequence, entered, admitted], at) => row(at + 1, sequence, entered, admitted)),
      )
    fc.assert(
      fc.property(log, (admissions) => {
        const passedOver = admissions.filter((lower) =>
          admissions.some(
            (higher) =>
              higher.number < lower.number &&
              higher.sequence > lower.sequence &&
              lower.enteredAtMs < higher.admittedAtMs,
          ),
        )
        const check = checkNobodyPassedOver(admissions)
        expect(check.outcome).toBe(passedOver.length === 0 ? 'holds' : 'broken')
        expect(offendersOf(check)).toEqual(passedOver.slice(0, 5).map(({ number }) => number))
      }),
      { numRuns: 500 },
    )
  })
})

describe('a sequence', () => {
  test('is admitted once', () => {
    const [twice] = checkSequences([row(1, 7, 0, 1), row(2, 8, 0, 1), row(3, 7, 0, 2)], draw)
    expect(twice).toMatchObject({
      outcome: 'broken',
      lines: ['sequence 7 is admitted as number 1 and as number 3'],
    })
  })

  test('is no entry number after a draw', () => {
    const [, byEntry] = checkSequences([row(1, 4, 0, 1), row(2, 3, 0, 1)], draw)
    expect(byEntry).toMatchObject({
      outcome: 'broken',
      lines: [expect.stringContaining('admission 2: sequence 3')],
    })
    expect(checkSequences([row(1, 4, 0, 1)], draw).map(({ outcome }) => outcome)).toEqual(['holds', 'holds'])
  })

  test('is not judged by a draw that is not made', () => {
    expect(checkSequences([], null).map(({ outcome }) => outcome)).toEqual(['holds', 'not yet'])
    expect(checkSequences([], null)[1]?.lines).toEqual(['the draw is not made'])
  })
})

test('each check says what it looked at', () => {
  const log = Array.from({ length: 1_200 }, (_, index) => row(index + 1, index + 10, 0, index))
  const manyEntries = { ...draw, entries: 1_234 }
  expect(checkSequences(log, draw).map(({ lines }) => lines)).toEqual([['1,200 sequences'], ['3 entries']])
  expect(checkSequences([], manyEntries)[1]?.lines).toEqual(['1,234 entries'])
  expect(checkNobodyPassedOver(log).lines).toEqual(['1,200 admissions'])
  const [passed] = checkNobodyPassedOver([row(1, 9, 0, 50), row(2, 8, 49, 60)]).lines
  expect(passed).toBe(
    'admission 2: sequence 8 had entered at 1970-01-01T00:00:00.049Z, yet sequence 9 was admitted before it ' +
      '(number 1, 1970-01-01T00:00:00.050Z)',
  )
})
