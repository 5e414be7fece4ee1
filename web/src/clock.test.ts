import { expect, test } from '@jest/globals'
import { ServerClock } from './clock.ts'

let own = 0
const dated = (date: string, more: Record<string, string> = {}): Headers =>
  new Headers({ Date: date, ...more })
const shown = (clock: ServerClock): string => new Date(clock.now()).toISOString()

test('what counts down follows the server, however wrong the own clock is', () => {
  own = Date.parse('2026-01-01T00:00:00Z')
  const clock = new ServerClock(() => own)
  clock.learn('2026-11-26T10:00:00.250Z')
  own += 1_000
  expect(shown(clock)).toBe('2026-11-26T10:00:01.250Z')
})

test('it never runs backwards for an answer that was slow or kept somewhere', () => {
  const clock = new ServerClock(() => own)
  clock.learn('2026-11-26T10:00:02.000Z')
  clock.learn('2026-11-26T10:00:00.500Z')
  clock.learnDate(dated('Thu, 26 Nov 2026 10:00:01 GMT'))
  expect(shown(clock)).toBe('2026-11-26T10:00:02.000Z')
  clock.learn('2026-11-26T10:00:02.100Z')
  expect(shown(clock)).toBe('2026-11-26T10:00:02.100Z')
})

test('a Date alone is right to the second', () => {
  own = 200
  const clock = new ServerClock(() => own)
  clock.learnDate(dated('Thu, 26 Nov 2026 10:00:00 GMT'))
  expect(Math.abs(clock.now() - Date.parse('2026-11-26T10:00:00Z'))).toBeLessThanOrEqual(1_000)
})

test('a clock that ran ahead is mended by two answers in a row, not by one that was slow', () => {
  const clock = new ServerClock(() => own)
  clock.learn('2026-11-26T10:00:30.000Z')
  clock.learnDate(dated('Thu, 26 Nov 2026 10:00:00 GMT'))
  expect(shown(clock)).toBe('2026-11-26T10:00:30.000Z')
  clock.learnDate(dated('Thu, 26 Nov 2026 10:00:01 GMT'))
  expect(shown(clock)).toBe('2026-11-26T10:00:01.000Z')
})

test('an answer that browsers keep, a header that is no date and a time that is none change nothing', () => {
  own = 5
  const clock = new ServerClock(() => own)
  clock.learnDate(new Headers())
  clock.learnDate(dated('Thu, 26 Nov 2026 10:00:00 GMT', { 'Cache-Control': 'public, max-age=1' }))
  clock.learn('soon')
  expect(clock.now()).toBe(5)
})
