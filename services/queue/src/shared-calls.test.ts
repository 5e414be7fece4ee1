import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { SharedCalls } from './shared-calls.ts'

function doubling(most = 100) {
  const sent: { key: string; calls: readonly number[] }[] = []
  const shared = new SharedCalls<string, number, number>(most, async (key, calls) => {
    sent.push({ key, calls })
    if (calls.includes(-1)) throw new Error('no')
    return calls.includes(-2) ? [] : calls.map((call) => call * 2)
  })
  return { sent, shared }
}

test('calls of one turn about one thing go together, and each gets its own answer', async () => {
  const { sent, shared } = doubling()
  const answers = await Promise.all([shared.make('a', 1), shared.make('b', 2), shared.make('a', 3)])
  expect(answers).toEqual([2, 4, 6])
  expect(sent).toEqual([
    { key: 'a', calls: [1, 3] },
    { key: 'b', calls: [2] },
  ])
})

test('a call waits for no later turn', async () => {
  const { sent, shared } = doubling()
  const first = shared.make('a', 1)
  await nextTurn()
  const second = shared.make('a', 2)
  expect(await Promise.all([first, second])).toEqual([2, 4])
  expect(sent.map(({ calls }) => calls)).toEqual([[1], [2]])
})

test('no more go together than may, in their order', async () => {
  const { sent, shared } = doubling(2)
  expect(await Promise.all([1, 2, 3, 4, 5].map((one) => shared.make('a', one)))).toEqual([2, 4, 6, 8, 10])
  expect(sent.map(({ calls }) => calls)).toEqual([[1, 2], [3, 4], [5]])
})

test('what fails, or answers too few, fails those who shared it and nobody else', async () => {
  const { shared } = doubling()
  const outcomes = await Promise.allSettled([
    shared.make('a', 1),
    shared.make('a', -1),
    shared.make('b', 1),
    shared.make('b', -2),
    shared.make('c', 1),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
    'rejected',
    'rejected',
    'fulfilled',
  ])
})
