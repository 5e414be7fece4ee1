import { expect, test } from '@jest/globals'
import { checkCancelledShow } from './cancel-show.ts'
import { newFanRecord } from './history.ts'
import type { FinalFacts } from './history.ts'

const payment = {
  paymentId: 'p1',
  reservationId: 'r1',
  amount: 70_000,
  method: 'CARD',
  approved: true,
  failed: false,
  cancelled: false,
} as const
const facts = (status: string, reservation: string): FinalFacts => ({
  reservations: new Map([['r1', reservation]]),
  seats: new Map(),
  payments: new Map([['p1', { status, amount: 70_000 }]]),
  balances: new Map(),
})
const history = { fans: [{ ...newFanRecord('a'), payments: [payment] }], repeats: [] }
const sold = facts('APPROVED', 'CONFIRMED')
const ended = { reservations: 1, cancelled: 1, refundsPending: 0, refunded: 1 }
const broken = (end: FinalFacts, progress: typeof ended | null) =>
  checkCancelledShow(history, sold, end, progress).flatMap(({ violations }) => violations)

test('a cancelled show whose money is back holds', () => {
  expect(broken(facts('REFUNDED', 'CANCELLED'), ended)).toEqual([])
})

test.each([
  ['a seat that is kept', facts('REFUNDED', 'CONFIRMED'), ended, 'reservation r1 is CONFIRMED'],
  ['money that is kept', facts('APPROVED', 'CANCELLED'), ended, 'payment p1 of a is APPROVED'],
  ['a payment that was paid and FAILED', facts('FAILED', 'CANCELLED'), ended, 'payment p1 of a is FAILED'],
  [
    'a refund that is not counted',
    facts('REFUNDED', 'CANCELLED'),
    { ...ended, refunded: 0 },
    '1 had been sold',
  ],
  [
    'a refund that is pending',
    facts('REFUNDED', 'CANCELLED'),
    { ...ended, refundsPending: 1 },
    '1 had been sold',
  ],
  ['no answer', facts('REFUNDED', 'CANCELLED'), null, 'it says null'],
])('%s is found', (_what, end, progress, problem) => {
  expect(broken(end, progress)).toEqual([expect.stringContaining(problem)])
})
