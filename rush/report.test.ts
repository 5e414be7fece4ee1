import { describe, expect, test } from '@jest/globals'
import type { AuditResult } from './answers.ts'
import { Measurements } from './measurements.ts'
import { progressLine } from './progress.ts'
import { allHolds, reportLines } from './report.ts'
import type { Outcome } from './report.ts'

const audit: AuditResult = {
  holds: true,
  checkedAt: '2030-01-01T00:00:00.000Z',
  invariants: [{ number: 1, name: 'one seat, one owner', holds: true, checked: 500, violations: [] }],
}
const broken: AuditResult = {
  ...audit,
  holds: false,
  invariants: [
    {
      number: 1,
      name: 'one seat, one owner',
      holds: false,
      checked: 500,
      violations: ['seat 7', { seatId: 8 }],
    },
  ],
}
const outcome = (change: Partial<Outcome> = {}): Outcome => ({
  measurements: new Measurements(),
  history: { fans: [], repeats: [] },
  elapsedMs: 12_345,
  checks: [{ name: 'wallets add up', checked: 3, violations: [] }],
  audit,
  ...change,
})

describe('allHolds', () => {
  test('all must hold, and no answer be unexpected', () => {
    expect(allHolds(outcome())).toBe(true)
    expect(allHolds(outcome({ audit: broken }))).toBe(false)
    expect(allHolds(outcome({ checks: [{ name: 'x', checked: 1, violations: ['y'] }] }))).toBe(false)
    const measurements = new Measurements()
    measurements.countUnexpected({ step: 'pay', code: '500 INTERNAL', problem: 'oops', requestId: 'r-9' })
    expect(allHolds(outcome({ measurements }))).toBe(false)
  })

  test('what was not checked is not good', () => {
    expect(allHolds(outcome({ audit: undefined }))).toBe(false)
    expect(allHolds(outcome({ checks: undefined }))).toBe(false)
  })
})

describe('reportLines', () => {
  test('tells latencies, refusals and what was unexpected with its request', () => {
    const measurements = new Measurements()
    for (let ms = 1; ms <= 100; ms += 1) measurements.addLatency('pay', ms)
    measurements.countRefusal('hold', {
      status: 409,
      code: 'SEAT_TAKEN',
      message: '',
      details: null,
      requestId: 'r',
    })
    measurements.countInterruption('pay', 'ECONNRESET')
    measurements.countUnexpected({ step: 'pay', code: '500 INTERNAL', problem: 'oops', requestId: 'r-9' })
    measurements.countEnding('sold out')
    const text = reportLines(outcome({ measurements })).join('\n')
    expect(text).toMatch(/pay +100 +50\.0 +95\.0 +99\.0 +100\n/)
    expect(text).toMatch(/hold 409 SEAT_TAKEN +1/)
    expect(text).toMatch(/pay ECONNRESET +1/)
    expect(text).toMatch(/pay 500 INTERNAL +oops \(request r-9\)/)
    expect(text).toMatch(/sold out +1/)
    expect(text).toContain('FAILED: 0 checks and 0 invariants broken, 1 unexpected answers.')
  })

  test('shows the first violations of a broken invariant', () => {
    const text = reportLines(outcome({ audit: broken })).join('\n')
    expect(text).toMatch(/BROKEN 1\. one seat, one owner +500 checked/)
    expect(text).toContain('- seat 7')
    expect(text).toContain('- {"seatId":8}')
  })

  test('a run that was broken off still shows what is known', () => {
    const text = reportLines(outcome({ checks: undefined, audit: undefined })).join('\n')
    expect(text).toContain('Not checked to the end.')
  })
})

test('the progress line follows the crowd', () => {
  const measurements = new Measurements()
  measurements.count.arrived = 120
  measurements.now.waiting = 80
  expect(progressLine(measurements, 2_000, 9_400)).toMatch(
    /^ +9 s {2}arrived 120\/2000 {2}waiting 80 {2}active 0/,
  )
})
