import { describe, expect, test } from '@jest/globals'
import { judgePayment } from './judge-payment.ts'
import type { FactsOfPayment } from './judge-payment.ts'

const payment = {
  paymentId: 'p',
  reservationId: 'r',
  amount: 100,
  paymentMethod: 'BALANCE',
  status: 'APPROVED',
  sagaState: 'APPROVED',
  captureStatus: null,
} as const
const fact = {
  paymentId: 'p',
  reservationId: 'r',
  status: 'CONFIRMED',
  amount: 100,
  debited: 0,
  refunded: 0,
  debitCount: 0,
  refundCount: 0,
}
const debited = { ...fact, status: 'DEBITED', debited: 100, debitCount: 1 }
const refunded = { ...debited, status: 'REFUNDED', refunded: 100, refundCount: 1 }
const good: FactsOfPayment = { paymentId: 'p', payment, reservation: fact, wallet: debited }
const failed = { ...payment, status: 'FAILED', sagaState: 'FAILED' } as const
const back = { ...payment, status: 'REFUNDED', sagaState: 'REFUNDED' } as const

const numbers = (facts: Partial<FactsOfPayment>): number[] =>
  judgePayment({ ...good, ...facts }).violations.map((violation) => violation.number)

describe('what the audit says of a payment', () => {
  test('good ones break nothing', () => {
    expect(numbers({})).toEqual([])
    expect(
      numbers({ payment: back, reservation: { ...fact, status: 'CANCELLED' }, wallet: refunded }),
    ).toEqual([])
    expect(numbers({ payment: failed, reservation: undefined, wallet: undefined })).toEqual([])
    const card = { ...payment, paymentMethod: 'CARD', captureStatus: 'CAPTURED' } as const
    expect(numbers({ payment: card, wallet: undefined })).toEqual([])
  })

  test('one at work is not judged', () => {
    const judgement = judgePayment({
      ...good,
      payment: { ...payment, status: 'PENDING', sagaState: 'CONFIRMING' },
    })
    expect(judgement).toEqual({ unsettled: true, lookedAt: [], violations: [] })
  })

  test.each<[string, Partial<FactsOfPayment>, number[]]>([
    ['a ticket nobody paid for', { wallet: undefined }, [2]],
    ['a ticket paid for twice', { wallet: { ...debited, debited: 200, debitCount: 2 } }, [2]],
    ['a ticket whose money was given back', { wallet: refunded }, [2]],
    ['a ticket at another price', { reservation: { ...fact, amount: 90 } }, [2]],
    ['money taken, no ticket', { reservation: undefined }, [2]],
    ['a payment of a cancelled reservation', { reservation: { ...fact, status: 'CANCELLED' } }, [2]],
    ['a ticket of a payment that failed', { payment: failed, wallet: undefined }, [2]],
    ['money kept though the payment failed', { payment: failed, reservation: undefined }, [3]],
    [
      'money given back twice',
      { payment: back, reservation: undefined, wallet: { ...refunded, refundCount: 2, refunded: 200 } },
      [3, 3, 3],
    ],
    ['a refund that never was', { payment: back, reservation: undefined, wallet: debited }, [3, 3]],
    ['a debit for a payment that does not exist', { payment: undefined, reservation: undefined }, [3]],
    ['a ticket of a payment that does not exist', { payment: undefined, wallet: undefined }, [2]],
    [
      'a card’s money kept',
      {
        payment: { ...failed, paymentMethod: 'CARD', captureStatus: 'CAPTURED' },
        reservation: undefined,
        wallet: undefined,
      },
      [3],
    ],
  ])('%s is a violation', (_name, facts, expected) => {
    expect(numbers(facts)).toEqual(expected)
  })
})
