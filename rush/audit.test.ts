import { describe, expect, test } from '@jest/globals'
import { auditUntilSettled } from './audit.ts'
import type { AuditResult } from './answers.ts'

const result = (...violations: string[]): AuditResult => ({
  holds: violations.length === 0,
  checkedAt: '2030-01-01T00:00:00.000Z',
  invariants: [
    { number: 3, name: 'money comes back', holds: violations.length === 0, checked: 9, violations },
  ],
})

function clockwork(answers: readonly AuditResult[]) {
  let asked = 0
  let now = 0
  return {
    read: () => {
      const answer = answers[Math.min(asked, answers.length - 1)]
      asked += 1
      return answer === undefined ? Promise.reject(new Error('no answer')) : Promise.resolve(answer)
    },
    pause: (ms: number) => {
      now += ms
      return Promise.resolve()
    },
    now: () => now,
    asked: () => asked,
  }
}

describe('auditUntilSettled', () => {
  test('waits while what is wrong still changes', async () => {
    const { read, pause, now, asked } = clockwork([result('a', 'b'), result('b'), result('b'), result()])
    expect((await auditUntilSettled(read, pause, now)).holds).toBe(true)
    expect(asked()).toBe(4)
  })

  test('believes the same violations the third time', async () => {
    const { read, pause, now, asked } = clockwork([result('a')])
    expect((await auditUntilSettled(read, pause, now)).holds).toBe(false)
    expect(asked()).toBe(3)
  })

  test('gives up after its time, however it moves', async () => {
    const moving = Array.from({ length: 200 }, (_, index) => result(String(index)))
    const { read, pause, now, asked } = clockwork(moving)
    expect((await auditUntilSettled(read, pause, now)).holds).toBe(false)
    expect(now()).toBeLessThanOrEqual(90_000)
    expect(asked()).toBeLessThanOrEqual(31)
  })
})
