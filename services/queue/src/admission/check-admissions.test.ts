import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { AdmissionJudge } from './check-admissions.ts'
import type { OrderedAdmission } from './check-admissions.ts'

const admissions = fc
  .array(
    fc.record({
      scheduleId: fc.integer({ min: 1, max: 2 }),
      sequence: fc.integer({ min: 1, max: 30 }),
      enteredAtMs: fc.nat(20),
      admittedAtMs: fc.nat(20),
      active: fc.constant(1),
      maxActive: fc.constant(null),
    }),
    { maxLength: 25 },
  )
  .map((list) =>
    list.sort(
      (a, b) => a.scheduleId - b.scheduleId || a.admittedAtMs - b.admittedAtMs || a.sequence - b.sequence,
    ),
  )

const isPassedOver = (p: OrderedAdmission, all: readonly OrderedAdmission[]): boolean =>
  all.some(
    (q) =>
      q.scheduleId === p.scheduleId &&
      q.sequence > p.sequence &&
      q.admittedAtMs > p.enteredAtMs &&
      q.admittedAtMs < p.admittedAtMs,
  )

test('the judge finds the same people passed over as a comparison of everybody with everybody', () => {
  fc.assert(
    fc.property(admissions, (list) => {
      const judge = new AdmissionJudge()
      for (const admission of list) judge.look(admission)
      const expected = list.filter((one) => isPassedOver(one, list)).length
      expect(judge.verdict()).toMatchObject({ checked: list.length, violationCount: expected })
    }),
    { numRuns: 2_000 },
  )
})
