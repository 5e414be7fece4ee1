import { describe, expect, test } from '@jest/globals'
import { judgePayment as judge } from './judge-payment.ts'
import type { FactsOfPayment } from './judge-payment.ts'

const payment = {
  paymentId: 'p',
  reservationId: 'r',
  amount: 100,
  paymentMethod: 'BALANCE',
  status: 'APPROVED',
  sagaState: 'APPROVED',
  captureStatus: null,
  captureWanted: null,
  isCaptureLeft: false,
  createdAt: new Date(0),
  movedAt: new Date(0),
  deadlineAt: null,
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
  cancelReason: '',
  cancelledAtMs: 0,
}
const debited = { ...fact, status: 'DEBITED', debited: 100, debitCount: 1 }
const refunded = { ...debited, status: 'REFUNDED', refunded: 100, refundCount: 1 }
const good: FactsOfPayment = { paymentId: 'p', payment, reservation: fact, wallet: debited }
const failed = { ...payment, status: 'FAILED', sagaState: 'FAILED' } as const
const back = { ...payment, status: 'REFUNDED', sagaState: 'REFUNDED' } as const

const NOW = new Date(3_600_000)
const judgePayment = (facts: FactsOfPayment) => judge(facts, NOW)
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

  test('one that has not heard that its reservation is cancelled is at work, but not for ever', () => {
    const cancelled = (agoMs: number): FactsOfPayment => {
      const cancelledAtMs = NOW.getTime() - agoMs
      return { ...good, reservation: { ...fact, status: 'CANCELLED', cancelledAtMs } }
    }
    const unsettled = { unsettled: true, lookedAt: [2], violations: [] }
    expect(judgePayment(cancelled(0))).toEqual(unsettled)
    expect(judgePayment(cancelled(899_000))).toEqual(unsettled)
    expect(judgePayment({ ...cancelled(0), wallet: refunded }).violations).toHaveLength(1)
    expect(judgePayment(cancelled(900_000)).violations).toEqual([
      { number: 2, text: 'payment p: it is APPROVED, but its reservation is CANCELLED' },
    ])
  })

  test('one whose capture was left to a person is named, though its saga is at work', () => {
    const card = { ...payment, status: 'PENDING', paymentMethod: 'CARD', captureStatus: 'PENDING' } as const
    const left = { ...card, sagaState: 'REFUNDING', isCaptureLeft: true } as const
    expect(judgePayment({ ...good, payment: left })).toMatchObject({
      unsettled: true,
      lookedAt: [3],
      violations: [{ number: 3, text: expect.stringContaining('forgotten its key') }],
    })
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

  const card = { ...payment, paymentMethod: 'CARD', captureStatus: 'CAPTURED' } as const
  const cardBack = { ...back, paymentMethod: 'CARD', captureStatus: 'REFUNDED' } as const

  test.each<[string, Partial<FactsOfPayment>]>([
    [
      'refused by the card',
      { payment: { ...card, ...failed, paymentMethod: 'CARD', captureStatus: 'DECLINED' } },
    ],
    ['given back to the card', { payment: cardBack }],
    ['refused by the wallet', { payment: failed, wallet: { ...fact, status: 'REFUSED' } }],
    ['of a wallet that knows nothing of it', { payment: failed }],
  ])('one that was %s breaks nothing', (_name, facts) => {
    expect(numbers({ reservation: undefined, wallet: undefined, ...facts })).toEqual([])
  })

  test('by card, from a wallet that was never asked for money, breaks nothing', () => {
    expect(numbers({ payment: card, wallet: fact })).toEqual([])
  })

  test('a settled payment is looked at for its ticket, and for its money where it has none', () => {
    expect(judgePayment(good)).toEqual({ unsettled: false, lookedAt: [2], violations: [] })
    expect(judgePayment({ ...good, payment: back, reservation: undefined, wallet: refunded })).toEqual({
      unsettled: false,
      lookedAt: [2, 3],
      violations: [],
    })
  })

  test('what a wallet says of a payment that does not exist is looked at, and may add up', () => {
    const unknown = { ...good, payment: undefined, reservation: undefined }
    expect(judgePayment({ ...unknown, wallet: refunded })).toEqual({
      unsettled: false,
      lookedAt: [2, 3],
      violations: [],
    })
  })

  const texts = (facts: Partial<FactsOfPayment>): string[] =>
    judgePayment({ ...good, ...facts }).violations.map(({ text }) => text)

  test.each<[string, Partial<FactsOfPayment>]>([
    ['it is APPROVED, but confirmed no reservation', { reservation: undefined }],
    ['it is APPROVED, but its reservation is CANCELLED', { reservation: { ...fact, status: 'CANCELLED' } }],
    ['it is of 100, its reservation of 90', { reservation: { ...fact, amount: 90 } }],
    [
      'it confirmed another reservation than it paid for',
      { reservation: { ...fact, reservationId: 'other' } },
    ],
    [
      'it is APPROVED, but its capture is null',
      { payment: { ...card, captureStatus: null }, wallet: undefined },
    ],
    ['it was paid by card, and from a wallet too', { payment: card }],
    ['its money was taken 0 times', { wallet: undefined }],
    ['its money was taken 2 times', { wallet: { ...debited, debitCount: 2 } }],
    ['it is of 100, but 99 was taken', { wallet: { ...debited, debited: 99 } }],
    ['it is APPROVED, but 100 was given back', { wallet: refunded }],
    ['it is FAILED, but its reservation is CONFIRMED', { payment: failed, wallet: undefined }],
    [
      'it is REFUNDED, but its capture is DECLINED',
      { payment: { ...cardBack, captureStatus: 'DECLINED' }, reservation: undefined },
    ],
    [
      "it is FAILED, but the card's money is kept",
      {
        payment: { ...failed, paymentMethod: 'CARD', captureStatus: 'CAPTURED' },
        reservation: undefined,
      },
    ],
    [
      'it is FAILED, but money can still be taken from the card',
      {
        payment: { ...failed, paymentMethod: 'CARD', captureStatus: 'ACTION_REQUIRED' },
        reservation: undefined,
      },
    ],
    ['it is FAILED; 100 was taken and 0 given back', { payment: failed, reservation: undefined }],
    [
      'its money was given back 2 times',
      { payment: back, reservation: undefined, wallet: { ...refunded, refundCount: 2 } },
    ],
    [
      'it is REFUNDED, but 0 of 100 was given back',
      { payment: back, reservation: undefined, wallet: undefined },
    ],
  ])('the operator reads: %s', (text, facts) => {
    expect(texts(facts)).toEqual([`payment p: ${text}`])
  })

  test('the operator reads which payment does not exist', () => {
    expect(texts({ payment: undefined })).toEqual([
      'reservation r is CONFIRMED by payment p, which does not exist',
      'a wallet paid 100 for payment p, which does not exist, and got 0 back',
    ])
  })
})
