import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Admission } from './admissions.ts'
import { checkAllowances, checkEnds } from './check-ends.ts'
import type { End } from './ends.ts'
import { offendersOf } from './offenders.ts'

const MINUTE = 60_000
const admission = (number: number, sequence: number, admittedAtMs: number): Admission => ({
  number,
  sequence,
  enteredAtMs: 0,
  admittedAtMs,
  active: 1,
  maxActive: null,
  admitPerSecond: 1,
})
const base: End = {
  kind: 'NO_SHOW',
  number: 2,
  sequence: 7,
  admittedAtMs: 50,
  endedAtMs: 140,
  allowedMs: 90,
}

describe('an end', () => {
  test('is of an admission before it, at the time that it repeats', () => {
    const [known] = checkEnds([admission(1, 7, 50)], [base])
    expect(known).toMatchObject({ outcome: 'holds', lines: ['1 end'] })
  })

  test.each([
    ['nobody', [admission(1, 8, 50)], 'end 2: sequence 7 was not admitted before it'],
    ['somebody admitted after it', [admission(3, 7, 50)], 'end 2: sequence 7 was not admitted before it'],
    ['somebody who has its number', [admission(2, 7, 50)], 'end 2: sequence 7 was not admitted before it'],
    [
      'an admission of another time',
      [admission(1, 7, 51)],
      'end 2: sequence 7 was admitted at 1970-01-01T00:00:00.051Z (number 1), not at 1970-01-01T00:00:00.050Z',
    ],
  ])('is not of %s', (_name, admissions, line) => {
    expect(checkEnds(admissions, [base])[0]).toMatchObject({ outcome: 'broken', lines: [line] })
  })

  test.each(['NO_SHOW', 'TIME_UP'] as const)('is the only one: none follows as %s', (kind) => {
    const admissions = [admission(1, 7, 50), admission(2, 8, 50)]
    const ends = [
      { ...base, number: 3 },
      { ...base, number: 4, sequence: 8 },
      { ...base, kind, number: 5 },
    ]
    expect(checkEnds(admissions, ends)[0]).toMatchObject({
      outcome: 'broken',
      lines: ['end 5: sequence 7 was ended as number 3 already'],
    })
  })

  test('does not come before its time', () => {
    const early = { ...base, number: 3, kind: 'TIME_UP' as const, endedAtMs: 1_050, allowedMs: 2_345 }
    expect(checkEnds([], [base, { ...base, endedAtMs: 900 }])[1]).toMatchObject({
      name: 'no end came early',
      outcome: 'holds',
      lines: ['2 ends'],
    })
    expect(checkEnds([], [base, early])[1]).toMatchObject({
      outcome: 'broken',
      lines: ['end 3: TIME_UP of sequence 7 came 1,345 ms early'],
    })
    expect(checkEnds([], [{ ...base, endedAtMs: 139 }])[1]?.outcome).toBe('broken')
  })

  test('is judged as by looking through the whole log for each', () => {
    const small = fc.integer({ min: 1, max: 6 })
    const log = fc.array(fc.tuple(fc.boolean(), small, small), { maxLength: 25 }).map((rows) => {
      const admitted = new Set<number>()
      const [admissions, ends]: [Admission[], End[]] = [[], []]
      for (const [index, [isEnd, sequence, time]] of rows.entries()) {
        const number = index + 1
        if (isEnd) ends.push({ ...base, number, sequence, admittedAtMs: time })
        else if (!admitted.has(sequence)) {
          admitted.add(sequence)
          admissions.push(admission(number, sequence, time))
        }
      }
      return { admissions, ends }
    })
    fc.assert(
      fc.property(log, ({ admissions, ends }) => {
        const wrong = ends.filter(({ number, sequence, admittedAtMs }) => {
          const isOfAdmission = admissions.some(
            (other) =>
              other.number < number && other.sequence === sequence && other.admittedAtMs === admittedAtMs,
          )
          return !isOfAdmission || ends.some((other) => other.number < number && other.sequence === sequence)
        })
        const [check] = checkEnds(admissions, ends)
        expect(check?.outcome).toBe(wrong.length === 0 ? 'holds' : 'broken')
        if (check === undefined) return
        const named = new Set(offendersOf(check))
        // An end can offend twice, and five findings are shown.
        expect([...named]).toEqual(wrong.slice(0, named.size).map(({ number }) => number))
      }),
      { numRuns: 500 },
    )
  })
})

/** No-shows, each by the time of its admission and its allowance. */
const noShows = (...rows: readonly (readonly [admittedAtMs: number, allowedMs: number])[]): End[] =>
  rows.map(([admittedAtMs, allowedMs], index) => ({ ...base, number: index + 1, admittedAtMs, allowedMs }))

describe('the allowance', () => {
  test('is told for each kind, and how many ends it had', () => {
    const many = Array.from({ length: 1_200 }, (_, at) => [at, 90_000] as const)
    expect(checkAllowances([...noShows(...many), { ...base, kind: 'TIME_UP', allowedMs: 900_000 }])).toEqual({
      name: 'everybody was allowed the same time',
      outcome: 'holds',
      lines: ['1,200 NO_SHOW after 90,000 ms; 1 TIME_UP after 900,000 ms'],
    })
    expect(checkAllowances([]).lines).toEqual(['no NO_SHOW; no TIME_UP'])
  })

  test('may change four times, and is told in the order of the admissions', () => {
    const four = [50, 40, 30, 20, 10].map((minutes) => [minutes * MINUTE, minutes] as const)
    expect(checkAllowances(noShows(...four))).toMatchObject({
      outcome: 'holds',
      lines: ['5 NO_SHOW after 10 ms, then 20 ms, then 30 ms, then 40 ms, then 50 ms; no TIME_UP'],
    })
    const six = [...four, [60 * MINUTE, 10], [70 * MINUTE, 20]] as const
    expect(checkAllowances(noShows(...six))).toMatchObject({
      outcome: 'broken',
      lines: [
        'end 6: 10 ms for NO_SHOW is change 5 of its allowance',
        'end 7: 20 ms for NO_SHOW is change 6 of its allowance',
      ],
    })
  })

  test('of one kind says nothing about the other', () => {
    const ends = noShows([1, 1], [2, 2], [3, 3], [4, 4], [5, 5])
    const others = ends.map((end) => ({ ...end, kind: 'TIME_UP' as const, allowedMs: end.allowedMs + 5 }))
    expect(checkAllowances([...ends, ...others]).outcome).toBe('holds')
    const five = checkAllowances([...ends, ...others, { ...base, kind: 'TIME_UP', admittedAtMs: 6 }])
    expect(five.lines).toEqual(['end 2: 90 ms for TIME_UP is change 5 of its allowance'])
  })

  test('that was replaced may be given for five minutes, and has come back after that', () => {
    const until = (lastMs: number): readonly string[] =>
      checkAllowances(noShows([0, 9], [1_000, 6], [2_000, 9], [3_000, 6], [lastMs, 9])).lines
    expect(until(1_000 + 5 * MINUTE)).toEqual(['5 NO_SHOW after 9 ms, then 6 ms; no TIME_UP'])
    expect(until(1_001 + 5 * MINUTE)).toEqual(['5 NO_SHOW after 9 ms, then 6 ms, then 9 ms; no TIME_UP'])
  })

  test('of admissions in one moment is taken in the order of numbers', () => {
    const ends = noShows([0, 9], [0, 6], [10 * MINUTE, 9])
    expect(checkAllowances(ends).lines).toEqual(['3 NO_SHOW after 9 ms, then 6 ms, then 9 ms; no TIME_UP'])
    expect(checkAllowances(ends.toReversed()).lines).toEqual(checkAllowances(ends).lines)
  })

  test('holds where it is a setting that changes up to four times, whichever instance admits meanwhile', () => {
    const offsets = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 * MINUTE }), fc.boolean()), {
      maxLength: 8,
    })
    const settings = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), offsets), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(settings, (stretches) => {
        const rows = stretches.flatMap(([allowedMs, others], index) => {
          const [before = allowedMs] = stretches[index - 1] ?? []
          const sinceMs = index * 25 * MINUTE
          const given = others.map(([offsetMs, isByOldInstance]) => {
            const isOld = isByOldInstance && offsetMs <= 5 * MINUTE
            return [sinceMs + offsetMs, isOld ? before : allowedMs] as const
          })
          return [[sinceMs, allowedMs] as const, ...given]
        })
        expect(checkAllowances(noShows(...rows)).outcome).toBe('holds')
      }),
      { numRuns: 500 },
    )
  })

  test('does not hold where three people among others, one after the other, are allowed less', () => {
    const others = fc.array(fc.integer({ min: 0, max: 70 * MINUTE }), { maxLength: 30 })
    fc.assert(
      fc.property(others, fc.integer({ min: 0, max: 89 }), (times, less) => {
        const rows = [
          ...[0, 16 * MINUTE, 36 * MINUTE, 56 * MINUTE, ...times].map((atMs) => [atMs, 90] as const),
          ...[10, 30, 50].map((minutes) => [minutes * MINUTE, less] as const),
        ]
        expect(checkAllowances(noShows(...rows)).outcome).toBe('broken')
      }),
      { numRuns: 200 },
    )
  })
})
