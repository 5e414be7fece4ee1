import { expect, test } from '@jest/globals'
import { mergeChanges } from './place-changes.ts'

const place = { scheduleId: 1, sequence: 2 }
const admitted = { ...place, activatedAtMs: 100, activeUntilMs: 400, endedAtMs: null }
const extended = { ...place, activatedAtMs: null, activeUntilMs: 900, endedAtMs: null }
const ended = { ...place, activatedAtMs: null, activeUntilMs: null, endedAtMs: 950 }

test('changes of one place add up', () => {
  expect(mergeChanges(mergeChanges(admitted, extended), ended)).toEqual({
    ...place,
    activatedAtMs: 100,
    activeUntilMs: 900,
    endedAtMs: 950,
  })
})

test('the later deadline stays, and so does the end', () => {
  expect(mergeChanges(extended, admitted)).toMatchObject({ activatedAtMs: 100, activeUntilMs: 900 })
  expect(mergeChanges(ended, extended)).toMatchObject({ endedAtMs: 950 })
})
