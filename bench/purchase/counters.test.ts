import { expect, test } from '@jest/globals'
import { countsBetween, messagesATransaction, parseMetrics } from './counters.ts'

test('what the system does while it waits is not counted', () => {
  const counted = countsBetween(
    new Map([['a', 100]]),
    new Map([
      ['a', 150],
      ['b', 3],
    ]),
    new Map([
      ['a', 20],
      ['b', 5],
    ]),
  )
  expect(counted).toEqual(
    new Map([
      ['a', 30],
      ['b', 0],
    ]),
  )
})

test('messages a transaction are a mean, and no number where nothing was applied', () => {
  const counts = new Map([
    ['messages applied', 50],
    ['transactions that apply messages', 10],
  ])
  expect(messagesATransaction(counts)).toBe(5)
  expect(messagesATransaction(new Map())).toBeNaN()
})

test('samples are read with and without labels, and comments are not', () => {
  const page = '# HELP a b\na_total{api="Fetch",service="queue"} 12\nb_sum 0.5\n'
  expect(parseMetrics(page)).toEqual([
    { name: 'a_total', labels: 'api="Fetch",service="queue"', value: 12 },
    { name: 'b_sum', labels: '', value: 0.5 },
  ])
})
