import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Admission } from './admissions.ts'
import { checkActive, checkPace } from './check-limits.ts'
import { offendersOf } from './offenders.ts'

const base = { sequence: 1, enteredAtMs: 0, active: 1, maxActive: 5, admitPerSecond: 2 }
const at = (...times: readonly number[]): Admission[] =>
  times.map((admittedAtMs, index) => ({ ...base, number: index + 1, admittedAtMs }))
const active = (now: number, maxActive: number | null): Admission => ({
  ...base,
  number: 1,
  admittedAtMs: 0,
  active: now,
  maxActive,
})

describe('active', () => {
  test('may reach maxActive, and is free where the room is off', () => {
    expect(checkActive([active(5, 5), active(900, null)]).outcome).toBe('holds')
  })

  test('is never above maxActive', () => {
    expect(checkActive([active(6, 5)])).toMatchObject({
      outcome: 'broken',
      lines: ['admission 1: 6 were in where 5 were allowed'],
    })
  })

  test('counts the one let in', () => {
    expect(checkActive([active(0, null)])).toMatchObject({
      outcome: 'broken',
      lines: ['admission 1: active is 0, without the one let in'],
    })
  })

  test('says how many admissions had a limit', () => {
    const limited = Array.from({ length: 1_200 }, () => active(1, 5))
    expect(checkActive([...limited, active(1, null)]).lines).toEqual(['1,200 admissions with a limit'])
    expect(checkPace([...at(0, 2_000), { ...active(1, null), number: 3 }]).lines).toEqual([
      '2 admissions with a limit',
    ])
  })
})

describe('the pace', () => {
  test('is counted in the second up to an admission, its first moment excluded', () => {
    expect(checkPace(at(0, 500, 1_000)).outcome).toBe('holds')
    expect(checkPace(at(0, 500, 999))).toMatchObject({
      outcome: 'broken',
      lines: [expect.stringContaining('admission 3: 3 in the second up to')],
    })
  })

  test('of a batch in one millisecond is exceeded by those beyond the limit, not by all of it', () => {
    expect(offendersOf(checkPace(at(0, 0, 0, 0)))).toEqual([3, 4])
    expect(offendersOf(checkPace(at(0, 0, 0, 0).toReversed()))).toEqual([3, 4])
  })

  test('is free where the room is off, yet those let in then count for the ones after', () => {
    const off = at(0, 1, 2).map((row) => ({ ...row, maxActive: null }))
    expect(checkPace(off).outcome).toBe('holds')
    expect(offendersOf(checkPace([...off.slice(0, 2), ...at(0, 1, 2).slice(2)]))).toEqual([3])
  })

  test('can not be hidden by numbers that do not follow the times', () => {
    expect(checkPace(at(0, 20, 10)).outcome).toBe('broken')
  })

  test('is decided as by counting for each', () => {
    const log = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.boolean(), fc.integer({ min: 0, max: 4 })), {
        maxLength: 25,
      })
      .map((rows) =>
        rows.map(([admittedAtMs, isOn, admitPerSecond], index) => ({
          ...base,
          number: index + 1,
          admittedAtMs,
          maxActive: isOn ? 5 : null,
          admitPerSecond,
        })),
      )
    fc.assert(
      fc.property(log, (admissions) => {
        const tooFast = admissions.some((row) => {
          const until = (other: Admission): boolean =>
            other.admittedAtMs < row.admittedAtMs ||
            (other.admittedAtMs === row.admittedAtMs && other.number <= row.number)
          const inWindow = admissions.filter(
            (other) => until(other) && other.admittedAtMs > row.admittedAtMs - 1_000,
          )
          return row.maxActive !== null && inWindow.length > row.admitPerSecond
        })
        expect(checkPace(admissions).outcome).toBe(tooFast ? 'broken' : 'holds')
      }),
      { numRuns: 500 },
    )
  })
})
