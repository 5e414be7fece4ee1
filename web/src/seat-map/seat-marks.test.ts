import { expect, test } from '@jest/globals'
import { countFree } from './count-free.ts'
import { layOut } from './layouts.fixture.ts'
import { planSeats } from './plan-seats.ts'
import { isOpen, markOf } from './seat-marks.ts'

test.each([
  ['A', false, false, 'free'],
  ['A', true, false, 'chosen'],
  ['H', false, false, 'held'],
  ['H', true, false, 'held'],
  ['S', false, false, 'sold'],
  ['B', false, false, 'blocked'],
  ['H', false, true, 'mine'],
  ['S', true, true, 'mine'],
  ['Z', false, false, 'blocked'],
  [undefined, true, false, 'blocked'],
])('%s, chosen: %s, mine: %s is drawn as %s', (letter, isChosen, isMine, mark) => {
  expect(markOf(letter, isChosen, isMine)).toBe(mark)
})

test('only free and chosen seats can be pressed', () => {
  const marks = ['free', 'held', 'sold', 'blocked', 'chosen', 'mine'] as const
  expect(marks.filter(isOpen)).toEqual(['free', 'chosen'])
})

test('seats left are counted for each offer', () => {
  const plan = planSeats(
    layOut([
      ['Floor', 'VIP', 165_000, 1, 3],
      ['Circle', 'R', 132_000, 1, 2],
    ]),
  )
  expect(countFree(plan, 'AHABS')).toEqual([2, 0])
  expect(countFree(plan, 'A')).toEqual([1, 0])
})
