import { expect, test } from '@jest/globals'
import { prefersAsync } from './prefer.ts'

test.each([
  'respond-async',
  'Respond-Async',
  '  RESPOND-ASYNC  ',
  'respond-async, wait=10',
  'wait=10,respond-async',
  'handling=lenient; strictness="a, b", respond-async',
  'return=minimal;foo="respond",\trespond-async',
  'respond-async; level=3',
  'respond-async ;',
  'respond-async=""',
  'respond-async = ""',
  ', ,respond-async',
  'note="a \\" , b", respond-async',
  'respond-async, respond-async=later',
  '(what?), respond-async',
])('%s asks for an answer at once', (header) => {
  expect(prefersAsync(header)).toBe(true)
})

test.each([
  undefined,
  '',
  ',',
  'wait=10',
  'respond-sync',
  'respond-asynchronously',
  'x-respond-async',
  'respond async',
  'note="respond-async"',
  'note="x, respond-async"',
  'note="x, respond-async',
  'return=minimal; respond-async',
  'respond-async=no',
  'respond-async="no"',
  'respond-async=no, respond-async',
])('%s does not', (header) => {
  expect(prefersAsync(header)).toBe(false)
})

test('a long header of quotes is read at once', () => {
  const began = performance.now()
  expect(prefersAsync(`${'"\\'.repeat(20_000)}, respond-async`)).toBe(false)
  expect(prefersAsync('a="'.repeat(13_000))).toBe(false)
  expect(performance.now() - began).toBeLessThan(2_000)
})
