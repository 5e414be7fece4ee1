import { createHmac } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { drawOrder } from './draw-order.ts'

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))

test('the draw follows the public rule: every entry number once, in the order of their HMACs', async () => {
  await fc.assert(
    fc.asyncProperty(
      seeds,
      fc.integer({ min: 1, max: 9_999 }),
      fc.nat(60),
      async (seed, scheduleId, entries) => {
        const keyOf = (entry: number): string =>
          createHmac('sha256', seed).update(`${scheduleId}:${entries}:${entry}`).digest('hex')
        const order = await drawOrder(seed, scheduleId, entries)
        const byRule = Array.from({ length: entries }, (_none, index) => index + 1).sort((a, b) =>
          keyOf(a) < keyOf(b) ? -1 : 1,
        )
        expect(order).toEqual(byRule)
      },
    ),
  )
})

test('every entry has the same chance of every place', async () => {
  const entries = 5
  const draws = 4_000
  const counts = Array.from({ length: entries * entries }, () => 0)
  for (let draw = 1; draw <= draws; draw += 1) {
    const order = await drawOrder(Buffer.alloc(32, 7), draw, entries)
    for (const [rank, entry] of order.entries()) {
      const cell = rank * entries + entry - 1
      counts[cell] = (counts[cell] ?? 0) + 1
    }
  }
  // 800 of each are expected; 5 standard deviations (25 each) are allowed. The seed is fixed: it passes always or never.
  for (const count of counts) expect(Math.abs(count - draws / entries)).toBeLessThan(125)
})

test('one more entry changes the order, so that nobody can know a good number before the list is closed', async () => {
  const seed = Buffer.alloc(32, 1)
  const twenty = await drawOrder(seed, 1, 20)
  const twentyOne = await drawOrder(seed, 1, 21)
  expect(twentyOne.filter((entry) => entry !== 21)).not.toEqual(twenty)
})

test('a large draw lets other work of the process through, and not at every entry', async () => {
  let turns = 0
  let isDrawing = true
  const turn = (): void => {
    turns += 1
    if (isDrawing) setImmediate(turn)
  }
  setImmediate(turn)
  await drawOrder(Buffer.alloc(32, 1), 1, 10_000)
  isDrawing = false
  expect(turns).toBeGreaterThanOrEqual(4)
  expect(turns).toBeLessThan(10)
})
