import { expect, test } from '@jest/globals'
import { decide } from './purchase-saga.ts'
import type { Decision, PurchaseSaga, SagaLimits, SagaMessage, SagaState } from './purchase-saga.ts'

const limits: SagaLimits = { replyWaitMs: 1_000, replyWaitMaxMs: 8_000, takingMoneyAttemptsMax: 3 }
const now = new Date('2027-01-01T00:00:00Z')

const card = (state: SagaState, moneyTaken = false): PurchaseSaga => ({
  state,
  paymentMethod: 'CARD',
  moneyTaken,
  attempts: 1,
  reason: null,
})

/** The state after a decision, with `!command` where one is sent. */
function shown(decision: Decision): string {
  if (decision.kind !== 'advance') return decision.kind
  return decision.saga.state + (decision.command === null ? '' : ` !${decision.command}`)
}

test('a card payment takes the same way with the card commands', () => {
  const after = (saga: PurchaseSaga, message: SagaMessage) => shown(decide(saga, message, now, limits))
  expect(after(card('TAKING_MONEY', false), { type: 'CardCaptured' })).toBe('CONFIRMING !ConfirmReservation')
  expect(after(card('TAKING_MONEY', false), { type: 'CardDeclined', reason: 'no' })).toBe('FAILED')
  expect(after(card('TAKING_MONEY', false), { type: 'WalletDebited' })).toBe('impossible')
  expect(
    after(card('CONFIRMING', true), { type: 'ReservationConfirmRefused', reason: 'RESERVATION_EXPIRED' }),
  ).toBe('REFUNDING !RefundCard')
  expect(after(card('REFUNDING', true), { type: 'CardRefunded', refundedAmount: 5 })).toBe('REFUNDED')
  expect(after(card('REFUNDING', false), { type: 'CardDeclined', reason: 'no' })).toBe('FAILED')
  expect(after(card('REFUNDING', true), { type: 'CardDeclined', reason: 'no' })).toBe('impossible')
  expect(after(card('FAILED', false), { type: 'CardCaptured' })).toBe('FAILED !RefundCard')
})

test('a card that needs a step of its owner waits for it until the hold ends, and is given up then', () => {
  const until = new Date(now.getTime() + 240_000)
  const later = new Date(until.getTime() + 300_000)
  const asked = decide(card('TAKING_MONEY'), { type: 'CardActionRequired', until }, now, limits)
  expect(asked).toMatchObject({ saga: { state: 'AWAITING_ACTION', moneyTaken: false }, deadlineAt: until })
  const extended = decide(card('AWAITING_ACTION'), { type: 'CardActionRequired', until: later }, now, limits)
  expect(extended).toMatchObject({ saga: { state: 'AWAITING_ACTION' }, deadlineAt: later })
  const after = (message: SagaMessage) => decide(card('AWAITING_ACTION'), message, now, limits)
  expect(shown(after({ type: 'CardCaptured' }))).toBe('CONFIRMING !ConfirmReservation')
  expect(shown(after({ type: 'CardDeclined', reason: 'no' }))).toBe('FAILED')
  const givenUp = after({ type: 'DeadlinePassed' })
  expect(shown(givenUp)).toBe('REFUNDING !RefundCard')
  expect(givenUp).toMatchObject({ saga: { reason: 'RESERVATION_EXPIRED', moneyTaken: false } })
  const cancelled = after({ type: 'ReservationCancelled', reason: 'USER_CANCELLED' })
  expect(shown(cancelled)).toBe('REFUNDING !RefundCard')
  expect(cancelled).toMatchObject({ saga: { reason: 'USER_CANCELLED', moneyTaken: false } })
  const settledOrLater = ['CONFIRMING', 'APPROVED', 'REFUNDING', 'FAILED', 'REFUNDED'] as const
  const late = settledOrLater.map((state) =>
    shown(decide(card(state), { type: 'CardActionRequired', until }, now, limits)),
  )
  expect(late).toEqual(['impossible', 'impossible', 'ignore', 'impossible', 'ignore'])
})
