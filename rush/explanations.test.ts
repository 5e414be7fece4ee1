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
