import { expect, test } from '@jest/globals'
import { SeatLayout } from './seat-layout.ts'
import { SeatPicker } from './seat-picker.ts'

const run = { firstSeatNumber: 1, section: 'A', row: '1', price: 1_000 }
const layout = new SeatLayout([
  { ...run, firstSeatId: 1, seatCount: 2, grade: 'VIP' },
  { ...run, firstSeatId: 3, seatCount: 4, grade: 'R', section: 'B' },
])

const options = (waitMs: number) => ({ attempt: 1, deadlineMs: performance.now() + waitMs })

test('whoever waits for the ends of others waits until the deadline at most', async () => {
  const picker = new SeatPicker(async () => [])
  expect(await picker.pick(1, layout, { quantity: 2, grade: 'VIP' }, options(0))).toHaveProperty(
    'seatIds',
    [1, 2],
  )
  expect(await picker.pick(1, layout, { quantity: 1, grade: 'VIP' }, options(50))).toEqual({
    available: 0,
    largestGroup: 0,
  })
})

test('nobody waits for picks of seats that the wish is not for', async () => {
  const picker = new SeatPicker(async () => [1, 2])
  expect(await picker.pick(1, layout, { quantity: 1, grade: 'R' }, options(0))).toHaveProperty('seatIds')
  for (const kind of [{ grade: 'VIP' }, { section: 'A' }]) {
    const nothing = picker.pick(1, layout, { quantity: 1, ...kind }, options(60_000))
    expect(await nothing).toEqual({ available: 0, largestGroup: 0 })
  }
})

test('seats that come back are picked by whoever waits for them', async () => {
  const picker = new SeatPicker(async () => [])
  const first = await picker.pick(1, layout, { quantity: 2, grade: 'VIP' }, options(0))
  if (!('seatIds' in first)) throw new Error('nothing was picked')
  const second = picker.pick(1, layout, { quantity: 2, grade: 'VIP' }, options(60_000))
  await new Promise(setImmediate)
  first.givenBack()
  expect(await second).toHaveProperty('seatIds', [1, 2])
})
