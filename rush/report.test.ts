import { describe, expect, test } from '@jest/globals'
import type { AuditResult } from './answers.ts'
import { newFanRecord } from './history.ts'
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
    const [good, bad] = [[], ['y']].map((violations) => ({ name: 'x', checked: 1, violations }))
    expect(allHolds(outcome({ checks: [good, bad].flatMap((check) => check ?? []) }))).toBe(false)
    expect(allHolds(outcome({ checks: [{ name: 'x', checked: 1, violations: ['y'] }] }))).toBe(false)
    const measurements = new Measurements()
    measurements.countUnexpected({ step: 'pay', code: '500 INTERNAL', problem: 'oops', requestId: 'r-9' })
    expect(allHolds(outcome({ measurements }))).toBe(false)
  })

  test('what was not checked is not good', () => {
    expect(allHolds(outcome({ audit: undefined }))).toBe(false)
    expect(allHolds(outcome({ checks: undefined }))).toBe(false)
    for (const change of [{ audit: undefined }, { checks: undefined }]) {
      expect(reportLines(outcome(change)).at(-1)).toBe('Not checked to the end.')
    }
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

describe('the report of a run', () => {
  const hold = (seatIds: number[]) => ({
    reservationId: 'r',
    seatIds,
    amount: 1,
    heldAt: 0,
    expiresAt: 0,
    releasedAt: undefined,
    confirmedAt: undefined,
  })
  const history = {
    fans: [
      { ...newFanRecord('a'), holds: [hold([1, 2])] },
      { ...newFanRecord('b'), holds: [hold([3])] },
    ],
    repeats: [],
  }

  test('of a run that went well, line by line', () => {
    const measurements = new Measurements()
    Object.assign(measurements.count, {
      arrived: 12,
      joined: 11,
      admitted: 10,
      holds: 2,
      soldReservations: 4,
      soldSeats: 3,
      refunds: 1,
      repeats: 6,
    })
    measurements.now.held = 9
    for (const at of [1_000, 2_000, 3_000, 21_000]) measurements.soldAt.push(at)
    measurements.countEnding('sold out')
    for (let times = 0; times < 10; times += 1) measurements.countEnding('bought')
    for (const ms of [0.5, 250.4]) measurements.addLatency('join', ms)
    const refusal = { status: 409, message: '', details: null, requestId: 'r' }
    measurements.countRefusal('pay', { ...refusal, code: 'RESERVATION_EXPIRED' })
    for (let times = 0; times < 2; times += 1) {
      measurements.countRefusal('hold', { ...refusal, code: 'SEAT_TAKEN' })
    }
    measurements.countInterruption('pay', 'ECONNRESET')
    expect(reportLines(outcome({ measurements, history }))).toEqual([
      '',
      'Fans',
      '  arrived     12',
      '  joined      11',
      '  admitted    10',
      '  bought      10',
      '  sold out    1',
      '  broken off  1',
      '',
      'Sales',
      '  holds                         2 of 3 seats',
      '  sold                          4 reservations of 3 seats',
      '  refunded                      1',
      '  left on hold                  9 seats',
      '  sent again with the same key  6',
      '  purchases a second            0.3 in the busiest 10 s, 0.2 from first to last',
      '  took                          12.3 s',
      '',
      'Latency, ms          count      p50      p95      p99      max',
      '  join                     2      0.5      250      250      250',
      '',
      'Refused, as it should be',
      '  hold 409 SEAT_TAKEN          2',
      '  pay 409 RESERVATION_EXPIRED  1',
      '',
      'Interrupted and tried again',
      '  pay ECONNRESET  1',
      '',
      "The fans' own evidence",
      '  holds  wallets add up  3 checked',
      '',
      'The audit',
      '  holds  1. one seat, one owner  500 checked',
      '',
      'All holds: nobody was sold a seat twice, no money was lost, no unexpected answer came.',
    ])
  })

  test('of a run that went wrong: the first five violations of each, and how many more', () => {
    const measurements = new Measurements()
    measurements.countUnexpected({ step: 'pay', code: 'X', problem: 'oops', requestId: undefined })
    measurements.countUnexpected({ step: 'hold', code: 'Y', problem: 'no', requestId: '' })
    const checks = [
      { name: 'six', checked: 9, violations: ['1', '2', '3', '4', '5', '6'] },
      { name: 'five', checked: 9, violations: ['1', '2', '3', '4', '5'] },
      { name: 'none', checked: 9, violations: [] },
    ]
    const lines = reportLines(outcome({ measurements, checks, audit: broken }))
    expect(lines).toEqual([
      '',
      'Fans',
      '  arrived   0',
      '  joined    0',
      '  admitted  0',
      '',
      'Sales',
      '  holds                         0 of 0 seats',
      '  sold                          0 reservations of 0 seats',
      '  refunded                      0',
      '  left on hold                  0 seats',
      '  sent again with the same key  0',
      '  purchases a second            0.0 in the busiest 10 s, 0.0 from first to last',
      '  took                          12.3 s',
      '',
      'Unexpected: 2',
      '  pay X   oops',
      '  hold Y  no',
      '',
      "The fans' own evidence",
      '  BROKEN six   9 checked',
      ...['1', '2', '3', '4', '5', 'and 1 more'].map((text) => `               - ${text}`),
      '  BROKEN five  9 checked',
      ...['1', '2', '3', '4', '5'].map((text) => `               - ${text}`),
      '  holds  none  9 checked',
      '',
      'The audit',
      '  BROKEN 1. one seat, one owner  500 checked',
      '                                 - seat 7',
      '                                 - {"seatId":8}',
      '',
      'FAILED: 2 checks and 1 invariants broken, 2 unexpected answers.',
    ])
  })

  test('counts purchases from the first to the last, and a run of a moment as one second', () => {
    const measurements = new Measurements()
    measurements.soldAt.push(5_000, 5_200)
    expect(reportLines(outcome({ measurements })).join()).toContain(
      '0.2 in the busiest 10 s, 2.0 from first to last',
    )
  })

  test('shows at most five violations of an invariant, and a latency of 100 ms without a decimal', () => {
    const measurements = new Measurements()
    measurements.addLatency('pay', 100)
    const invariants = broken.invariants.map((one) => ({ ...one, violations: [1, 2, 3, 4, 5, 6] }))
    const many = { ...broken, invariants }
    const text = reportLines(outcome({ measurements, audit: many })).join('\n')
    expect(text).toMatch(/- 5\n/)
    expect(text).not.toMatch(/- 6\n/)
    expect(text).toMatch(/pay +1 +100 +100 +100 +100\n/)
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
