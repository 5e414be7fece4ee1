import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { pino } from 'pino'
import { RequestFailures } from './request-failures.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

function logged() {
  const lines: { level: number; msg: string; err?: { stack: string }; failures?: number; path?: string }[] =
    []
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const failures = new RequestFailures(logger, 'request failed')
  const away = (message: string): void => {
    const refusal = generalRefusal('UNAVAILABLE', message, { cause: new Error('no answer') })
    failures.failed(refusal, refusal, { path: '/a' })
  }
  return { lines, failures, away }
}

test('an outage is told once for each thing that is away, and its number when it is over', () => {
  const { lines, away } = logged()
  for (let n = 0; n < 1_000; n += 1) {
    away('the queue service is not available')
    away('the database is not available')
  }
  expect(lines).toMatchObject([
    { level: 40, msg: 'request failed', path: '/a', failures: 1 },
    { level: 40, msg: 'request failed', path: '/a', failures: 1 },
  ])
  jest.advanceTimersByTime(9_000)
  away('the queue service is not available')
  jest.advanceTimersByTime(9_000)
  expect(lines.slice(2)).toMatchObject([
    { level: 30, outage: 'UNAVAILABLE the database is not available', failures: 1_000 },
  ])
  jest.advanceTimersByTime(1_000)
  expect(lines.slice(3)).toMatchObject([
    { level: 30, outage: 'UNAVAILABLE the queue service is not available', failures: 1_001 },
  ])
  away('the queue service is not available')
  expect(lines[4]).toMatchObject({ level: 40, failures: 1 })
})

test('a defect is told each time with its stack, and a decision never', () => {
  const { lines, failures } = logged()
  const defect = new TypeError('a defect')
  const refusal = generalRefusal('INTERNAL', 'something went wrong on our side', { cause: defect })
  for (let n = 0; n < 3; n += 1) failures.failed(defect, refusal, { path: '/b' })
  for (const decision of [generalRefusal('UNAVAILABLE', 'full'), generalRefusal('NOT_FOUND', 'no such path')])
    failures.failed(decision, decision, {})
  expect(lines.map(({ level }) => level)).toEqual([50, 50, 50])
  for (const { err } of lines) expect(err?.stack).toContain('request-failures.test')
})

test('however many messages an outage has, few lines are written', () => {
  const { lines, away } = logged()
  for (let n = 0; n < 1_000; n += 1) away(`shard ${n} is not available`)
  expect(lines.length).toBeLessThan(60)
})
