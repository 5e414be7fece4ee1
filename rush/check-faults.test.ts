import { expect, test } from '@jest/globals'
import { checkFaults } from './check-faults.ts'
import { Measurements } from './measurements.ts'

const violations = (measurements: Measurements, left: string[] = []): string[] =>
  checkFaults(measurements, { done: ['kill -9 of queue'], left }).flatMap((check) => check.violations)

test('faults that cost nobody anything break nothing', () => {
  const measurements = new Measurements()
  measurements.countTry('read', 'poll', 1_900)
  measurements.countTry('write', 'pay', 9_000)
  expect(violations(measurements)).toEqual([])
})

test('whoever had no answer, a slow read and a fault that was left out are named', () => {
  const measurements = new Measurements()
  for (const ms of [2_600, 100]) measurements.countTry('read', 'poll', ms)
  for (const code of ['503 UNAVAILABLE', '503 UNAVAILABLE', 'TIMEOUT']) {
    measurements.countUnanswered('read', 'seats', code)
  }
  measurements.countUnanswered('write', 'hold', '504 TIMEOUT')
  expect(violations(measurements, ['freezing wallet'])).toEqual([
    'there was no time for freezing wallet; let people come for longer',
    'seats 503 UNAVAILABLE: 2 times',
    'seats TIMEOUT: 1 times',
    'hold 504 TIMEOUT: 1 times',
    'poll took 2.6 s',
  ])
})
