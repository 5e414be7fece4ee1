import { describe, expect, test } from '@jest/globals'
import { failureOf, refusalOf } from './payment-failure.ts'
import type { PaymentEnd } from './payment-failure.ts'
import type { SagaState } from './purchase-saga.ts'

const end = (state: SagaState, change: Partial<PaymentEnd['saga']> = {}, paidAt: Date | null = null) =>
  failureOf({
    status: 'PENDING',
    reason: null,
    paidAt,
    paymentMethod: 'BALANCE',
    saga: { state, moneyTaken: false, reason: null, ...change },
  })

describe('why a payment has no ticket', () => {
  test.each(['TAKING_MONEY', 'CONFIRMING', 'APPROVED'] as const)('is not told in %s', (state) => {
    expect(end(state)).toBeNull()
  })

  test('of one that was given up says that nobody knows yet whether money was taken, and then whether it was', () => {
    const givenUp = { reason: 'TIMEOUT' }
    expect(end('REFUNDING', givenUp)).toMatchObject({ moneyMoved: null, refund: 'PENDING' })
    expect(end('FAILED', givenUp)).toMatchObject({ moneyMoved: false, refund: null })
    expect(end('REFUNDED', { ...givenUp, moneyTaken: true })).toMatchObject({
      code: 'PAYMENT_FAILED',
      moneyMoved: true,
      refund: 'REFUNDED',
    })
  })

  test('of one that was paid is what became of the reservation, and never a refusal to pay', () => {
    const paidAt = new Date()
    const taken = { moneyTaken: true }
    expect(end('REFUNDING', { ...taken, reason: 'USER_CANCELLED' }, paidAt)).toMatchObject({
      code: 'RESERVATION_CANCELLED',
      message: 'the reservation was cancelled; the money is being given back',
    })
    expect(end('REFUNDED', { ...taken, reason: 'SCHEDULE_CANCELLED' }, paidAt)?.code).toBe(
      'SCHEDULE_CANCELLED',
    )
  })
})

test("a declined card is refused with the provider's sentence, and that nothing was taken", () => {
  const refusal = refusalOf({
    paymentId: 'p',
    reservationId: 'r',
    userId: '101',
    scheduleId: 1,
    amount: 1,
    paymentMethod: 'CARD',
    status: 'FAILED',
    reason: 'Your card has insufficient funds.',
    createdAt: new Date(),
    paidAt: null,
    endedAt: new Date(),
  })
  expect([refusal.code, refusal.message]).toEqual([
    'CARD_DECLINED',
    'Your card has insufficient funds; nothing was taken',
  ])
  expect(refusal.details).toMatchObject({ status: 'FAILED', moneyMoved: false })
})
