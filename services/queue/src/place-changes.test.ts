import { expect, test } from '@jest/globals'
import { mergeChanges } from './place-changes.ts'

const place = { scheduleId: 1, sequence: 2 }
const admission = {
  ...place,
  enteredAtMs: 90,
  admittedAtMs: 100,
  active: 1,
  maxActive: null,
  admitPerSecond: 1,
}
const admitted = { ...place, admission, activeUntilMs: 400, endedAtMs: null }
const extended = { ...place, admission: null, activeUntilMs: 900, endedAtMs: null }
const ended = { ...place, admission: null, activeUntilMs: null, endedAtMs: 950 }

test('changes of one place are merged into one that has the fields of all', () => {
  expect(mergeChanges(mergeChanges(admitted, extended), ended)).toEqual({
    ...place,
    admission,
    activeUntilMs: 900,
    endedAtMs: 950,
  })
})

test('the later of two deadlines wins, and a place that has ended stays ended', () => {
  expect(mergeChanges(extended, admitted)).toMatchObject({ admission, activeUntilMs: 900 })
  expect(mergeChanges(ended, extended)).toMatchObject({ endedAtMs: 950 })
})
