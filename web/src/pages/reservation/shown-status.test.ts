import { expect, test } from '@jest/globals'
import { shownStatus } from './shown-status.ts'

test.each([
  ['HOLD', false, false, 'HOLD'],
  ['HOLD', false, true, 'HOLD'],
  ['HOLD', true, false, 'EXPIRED'],
  ['HOLD', true, true, 'PAYING'],
  ['EXPIRED', true, true, 'PAYING'],
  ['EXPIRED', true, false, 'EXPIRED'],
  ['CONFIRMED', true, true, 'CONFIRMED'],
  ['CANCELLED', true, true, 'CANCELLED'],
] as const)(
  '%s, with its time up %s and a payment at work %s, is shown as %s',
  (status, isTimeUp, isPaying, shown) => {
    expect(shownStatus(status, isTimeUp, isPaying)).toBe(shown)
  },
)
