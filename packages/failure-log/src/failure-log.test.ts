import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import { FailureLog } from './failure-log.ts'

function logged() {
  const lines: { level: number; failures: number }[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const clock = { nowMs: 0 }
  const log = new FailureLog(logger, 'it failed', () => clock.nowMs)
  /** The numbers of the failures that were warned of. */
  const warned = (): number[] => lines.filter(({ level }) => level === 40).map(({ failures }) => failures)
  return { lines, clock, log, warned }
}

test('the first failure is a warning, and one a minute after it; the others are there for debugging', () => {
  const { lines, clock, log, warned } = logged()
  for (clock.nowMs = 0; clock.nowMs <= 120_000; clock.nowMs += 500) log.failed(new Error('no answer'))
  expect(warned()).toEqual([1, 121, 241])
  expect(lines.filter(({ level }) => level === 20)).toHaveLength(238)
})

test('after a success the next failure is a first one', () => {
  const { log, warned } = logged()
  log.failed(new Error('no answer'))
  log.failed(new Error('no answer'))
  expect(log.count).toBe(2)
  log.succeeded()
  expect(log.count).toBe(0)
  log.failed(new Error('no answer'))
  expect(warned()).toEqual([1, 1])
})

test('a line has the error and what is known about the failure', () => {
  const { lines, log } = logged()
  log.failed(new Error('no answer'), { task: 'tidy' })
  expect(lines[0]).toMatchObject({ msg: 'it failed', task: 'tidy', err: { message: 'no answer' } })
})
