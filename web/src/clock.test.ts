import { expect, test } from '@jest/globals'
import { ServerClock } from './clock.ts'

test('what counts down follows the server, however wrong the own clock is', () => {
  let own = Date.parse('2026-01-01T00:00:00Z')
  const clock = new ServerClock(() => own)
  clock.learn('2026-11-26T10:00:00.250Z')
  own += 1_000
  expect(new Date(clock.now()).toISOString()).toBe('2026-11-26T10:00:01.250Z')
})

test('a Date header is right to the second, and never replaces a time to the millisecond', () => {
  let own = 0
  const clock = new ServerClock(() => own)
  own = 200
  clock.learnDate('Thu, 26 Nov 2026 10:00:00 GMT', 0)
  expect(Math.abs(clock.now() - Date.parse('2026-11-26T10:00:00Z'))).toBeLessThanOrEqual(1_000)
  clock.learn('2026-11-26T10:00:00.900Z')
  clock.learnDate('Thu, 26 Nov 2026 10:00:05 GMT', 0)
  expect(new Date(clock.now()).toISOString()).toBe('2026-11-26T10:00:00.900Z')
})

test('a header that is no date changes nothing', () => {
  const clock = new ServerClock(() => 5)
  clock.learnDate(null, 0)
  clock.learn('soon')
  expect(clock.now()).toBe(5)
})
