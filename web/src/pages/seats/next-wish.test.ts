import { expect, test } from '@jest/globals'
import { nextWish } from './next-wish.ts'

const seats = [
  { seatId: 1, grade: 'VIP' },
  { seatId: 2, grade: 'VIP' },
  { seatId: 3, grade: 'S' },
]

test('who lost seats of one grade is offered as many of it', () => {
  expect(nextWish({ seatIds: [1, 2] }, null, seats)).toEqual({
    kind: 'faster',
    wish: { quantity: 2, grade: 'VIP' },
  })
})

test('who lost seats of several grades is offered as many of any', () => {
  expect(nextWish({ seatIds: [1, 3] }, null, seats)).toEqual({ kind: 'faster', wish: { quantity: 2 } })
})

test('a party that would fit apart is asked whether it may sit apart', () => {
  expect(nextWish({ quantity: 4, grade: 'S' }, { splitWouldDo: true }, [])).toEqual({
    kind: 'apart',
    wish: { quantity: 4, grade: 'S', allowSplit: true },
  })
})

test('where a grade has no room, any other is offered; where none has, nothing is promised', () => {
  expect(nextWish({ quantity: 4, grade: 'S' }, { splitWouldDo: false }, [])).toEqual({
    kind: 'other-grade',
    wish: { quantity: 4 },
  })
  expect(nextWish({ quantity: 4, allowSplit: true }, { splitWouldDo: true }, [])).toEqual({ kind: 'none' })
})
