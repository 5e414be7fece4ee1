import { describe, expect, test } from '@jest/globals'
import { allowedWhen, phaseOf, shownStatus } from './show-phases.ts'
import type { ShowAction, ShowPhase } from './show-phases.ts'

const phases: readonly ShowPhase[] = ['NOT_OPEN', 'OPEN', 'CLOSED', 'CANCELLED', 'BEGUN']
const no = 'BOOKING_NOT_OPEN'
const frozen = 'RESERVATION_NOT_REFRESHABLE'
const unpayable = 'RESERVATION_NOT_PAYABLE'

describe('what is allowed before opening, while open, when closed, when cancelled, after the show began', () => {
  test.each<[ShowAction, (true | string)[]]>([
    ['join', [no, true, no, no, no]],
    ['hold', [no, true, no, no, no]],
    ['refresh', [true, true, true, frozen, frozen]],
    ['pay', [true, true, true, unpayable, unpayable]],
    ['releaseByBuyer', [true, true, true, true, true]],
    ['refundByBuyer', [true, true, true, true, 'RESERVATION_NOT_CANCELLABLE']],
    ['refundByAdmin', [true, true, true, true, true]],
    ['cancelShow', [true, true, true, true, true]],
  ])('%s', (action, expected) => {
    expect(phases.map((phase) => allowedWhen[action][phase])).toEqual(expected)
  })
})

const times = { bookingOpenAtMs: 100, bookingCloseAtMs: 200, performanceAtMs: 300 }

test.each<[number, string, ShowPhase, string]>([
  [99, 'ON_SALE', 'NOT_OPEN', 'ON_SALE'],
  [100, 'ON_SALE', 'OPEN', 'ON_SALE'],
  [199, 'ON_SALE', 'OPEN', 'ON_SALE'],
  [200, 'ON_SALE', 'CLOSED', 'CLOSED'],
  [299, 'ON_SALE', 'CLOSED', 'CLOSED'],
  [300, 'ON_SALE', 'BEGUN', 'CLOSED'],
  [99, 'CLOSED', 'CLOSED', 'CLOSED'],
  [150, 'CLOSED', 'CLOSED', 'CLOSED'],
  [300, 'CLOSED', 'BEGUN', 'CLOSED'],
  [150, 'SOMETHING_NEW', 'CLOSED', 'CLOSED'],
  [99, 'CANCELLED', 'CANCELLED', 'CANCELLED'],
  [300, 'CANCELLED', 'CANCELLED', 'CANCELLED'],
])('at %d a show that is %s is %s, and shown as %s', (nowMs, status, phase, shown) => {
  expect(phaseOf({ ...times, status }, nowMs)).toBe(phase)
  expect(shownStatus({ ...times, status }, nowMs)).toBe(shown)
})
