import { describe, expect, test } from '@jest/globals'
import { isExplained } from './explanations.ts'
import type { Circumstances, PaymentAttempt } from './explanations.ts'

const now = 1_000_000
const calm: Circumstances = {
  at: now,
  triedBefore: false,
  tokenExpiresAt: now + 300_000,
  holdExpiresAt: now + 300_000,
  holdUncertain: false,
  payment: undefined,
}
const wallet = (balance: number | undefined): PaymentAttempt => ({
  method: 'BALANCE',
  cardToken: 'tok_approved',
  amount: 70_000,
  balance,
})
const card = (cardToken: PaymentAttempt['cardToken']): PaymentAttempt => ({
  ...wallet(0),
  method: 'CARD',
  cardToken,
})

describe('isExplained', () => {
  test('somebody else was faster', () => {
    expect(isExplained('hold', 'SEAT_TAKEN', calm)).toBe(true)
    expect(isExplained('pay', 'SEAT_TAKEN', calm)).toBe(false)
  })

  test('a second place is only explained by a first try that went unanswered', () => {
    expect(isExplained('join', 'QUEUE_TOKEN_EXISTS', calm)).toBe(false)
    expect(isExplained('join', 'QUEUE_TOKEN_EXISTS', { ...calm, triedBefore: true })).toBe(true)
  })

  test.each(['QUEUE_TOKEN_INVALID', 'QUEUE_TOKEN_NOT_ACTIVE'])(
    '%s: only when the token has run out',
    (code) => {
      expect(isExplained('hold', code, calm)).toBe(false)
      expect(isExplained('hold', code, { ...calm, tokenExpiresAt: undefined })).toBe(false)
      expect(isExplained('hold', code, { ...calm, tokenExpiresAt: now - 1 })).toBe(true)
    },
  )

  test('too little money is for those who have too little', () => {
    expect(isExplained('pay', 'INSUFFICIENT_BALANCE', { ...calm, payment: wallet(69_999) })).toBe(true)
    expect(isExplained('pay', 'INSUFFICIENT_BALANCE', { ...calm, payment: wallet(undefined) })).toBe(true)
    expect(isExplained('pay', 'INSUFFICIENT_BALANCE', { ...calm, payment: wallet(70_000) })).toBe(false)
    expect(isExplained('pay', 'INSUFFICIENT_BALANCE', { ...calm, payment: card('tok_approved') })).toBe(false)
  })

  test('a card is declined where it is that card', () => {
    expect(isExplained('pay', 'CARD_DECLINED', { ...calm, payment: card('tok_declined') })).toBe(true)
    expect(isExplained('pay', 'CARD_DECLINED', { ...calm, payment: card('tok_approved') })).toBe(false)
    expect(isExplained('pay', 'CARD_DECLINED', { ...calm, payment: wallet(0) })).toBe(false)
  })

  test('a hold runs out at its deadline, not before', () => {
    expect(isExplained('pay', 'RESERVATION_EXPIRED', calm)).toBe(false)
    expect(isExplained('pay', 'RESERVATION_EXPIRED', { ...calm, holdExpiresAt: now + 1_000 })).toBe(true)
  })

  // Each code with what explains it, and the one step at which it may come; at any other step nothing explains it.
  const out = { ...calm, tokenExpiresAt: now, holdExpiresAt: now, holdUncertain: true, triedBefore: true }
  const steps = ['join', 'poll', 'seats', 'hold', 'charge', 'pay', 'payment', 'cancel', 'leave'] as const
  test.each<[string, (typeof steps)[number], Circumstances]>([
    ['QUEUE_TOKEN_EXISTS', 'join', out],
    ['SEAT_TAKEN', 'hold', calm],
    ['SEAT_LIMIT_EXCEEDED', 'hold', out],
    ['INSUFFICIENT_BALANCE', 'pay', { ...out, payment: wallet(0) }],
    ['CARD_DECLINED', 'pay', { ...out, payment: card('tok_declined') }],
    ['PAYMENT_TIMEOUT', 'pay', calm],
    ['RESERVATION_EXPIRED', 'pay', out],
    ['RESERVATION_NOT_CANCELLABLE', 'cancel', out],
  ])('%s is explained at the step %s alone', (code, step, fan) => {
    expect(steps.filter((one) => isExplained(one, code, fan))).toEqual([step])
  })

  test('without any attempt to pay no refusal of a payment is explained', () => {
    for (const code of ['INSUFFICIENT_BALANCE', 'CARD_DECLINED']) {
      expect(isExplained('pay', code, calm)).toBe(false)
    }
  })

  test('a deadline counts as passed two seconds before it, for the clocks, and no earlier', () => {
    for (const [left, expected] of [
      [2_000, true],
      [2_001, false],
    ] as const) {
      const fan = { ...calm, tokenExpiresAt: now + left, holdExpiresAt: now + left }
      expect(isExplained('poll', 'QUEUE_TOKEN_INVALID', fan)).toBe(expected)
      expect(isExplained('pay', 'RESERVATION_EXPIRED', fan)).toBe(expected)
      expect(isExplained('cancel', 'RESERVATION_NOT_CANCELLABLE', fan)).toBe(expected)
    }
  })

  test.each([
    'INTERNAL',
    'INVALID_REQUEST',
    'FORBIDDEN',
    'ALREADY_PAID',
    'SEAT_LIMIT_EXCEEDED',
    'A_NEW_CODE',
  ])('%s is never expected of these fans', (code) => {
    for (const step of ['join', 'hold', 'pay', 'cancel'] as const)
      expect(isExplained(step, code, calm)).toBe(false)
  })
})
