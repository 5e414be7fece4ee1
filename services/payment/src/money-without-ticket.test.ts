import { describe, expect, test } from '@jest/globals'
import type { FactsOfPayment } from './judge-payment.ts'
import { findMissedNews, heldWithoutTicket } from './money-without-ticket.ts'
import type { PaymentFacts } from './sql/payments.ts'
import { beganAt, lowestIdAt } from './uuid-time.ts'

const NOW = new Date('2026-11-26T12:00:00Z')
const ago = (ms: number): Date => new Date(NOW.getTime() - ms)

const payment: PaymentFacts = {
  paymentId: '0193681c-0000-7000-8000-000000000000',
  reservationId: 'r',
  amount: 100,
  paymentMethod: 'BALANCE',
  status: 'PENDING',
  sagaState: 'CONFIRMING',
  captureStatus: null,
  captureWanted: null,
  isCaptureLeft: false,
  createdAt: ago(90_000),
  movedAt: ago(80_000),
  deadlineAt: ago(70_000),
}
const fact = { paymentId: payment.paymentId, reservationId: 'r', status: '', amount: 100 }
const none = { debited: 0, refunded: 0, debitCount: 0, refundCount: 0, cancelReason: '', cancelledAtMs: 0 }
const debited = { ...fact, ...none, debited: 100 }
const back = { ...debited, refunded: 100 }
const confirmed = { ...fact, ...none, status: 'CONFIRMED' }
const cancelled = {
  ...confirmed,
  status: 'CANCELLED',
  cancelReason: 'SCHEDULE_CANCELLED',
  cancelledAtMs: ago(5_000).getTime(),
}
const settled = { deadlineAt: null }
const card = { paymentMethod: 'CARD', captureStatus: 'CAPTURED', captureWanted: 'CAPTURED' } as const

function facts(
  change: Partial<PaymentFacts> | undefined,
  others: Partial<Pick<FactsOfPayment, 'reservation' | 'wallet'>> = {},
): FactsOfPayment {
  return {
    paymentId: payment.paymentId,
    payment: change === undefined ? undefined : { ...payment, ...change },
    reservation: undefined,
    wallet: undefined,
    ...others,
  }
}

describe('money is held without a ticket', () => {
  test.each<[string, FactsOfPayment, Date | null]>([
    ['while it is taken and not confirmed', facts({}, { wallet: debited }), payment.createdAt],
    ['while the card has paid and the rest is to come', facts(card), payment.createdAt],
    [
      'from when its reservation was cancelled',
      facts({}, { wallet: debited, reservation: cancelled }),
      ago(5_000),
    ],
    ['of a payment that is not known', facts(undefined, { wallet: debited }), beganAt(payment.paymentId)],
    ['not once it is back', facts({}, { wallet: back, reservation: cancelled }), null],
    ['not once the card has it back', facts({ ...card, captureStatus: 'REFUNDED' }), null],
    [
      'not with a ticket, whatever the saga knows',
      facts({}, { wallet: debited, reservation: confirmed }),
      null,
    ],
    ['not where none was taken', facts({}), null],
  ])('%s', (_when, of, since) => {
    expect(heldWithoutTicket(of)).toEqual(since)
  })
})

describe('a saga that stands still has missed', () => {
  const missed = (of: FactsOfPayment) => findMissedNews(of, { now: NOW, afterMs: 60_000 })

  test.each<[string, FactsOfPayment, string]>([
    ['that its wait is over', facts({}), 'DeadlinePassed'],
    ['that its wait is over, where it has none', facts({ deadlineAt: null }), 'DeadlinePassed'],
    [
      'that its reservation was cancelled',
      facts({ ...settled, sagaState: 'APPROVED' }, { reservation: cancelled }),
      'ReservationCancelled',
    ],
    [
      'that its wallet was debited',
      facts({ ...settled, sagaState: 'FAILED' }, { wallet: debited }),
      'WalletDebited',
    ],
    ['that its card was captured', facts({ ...settled, ...card, sagaState: 'FAILED' }), 'CardCaptured'],
  ])('%s', (_what, of, type) => {
    expect(missed(of)?.message.type).toBe(type)
  })

  test('that the show was cancelled, and not its buyer gave it up', () => {
    const of = facts({ ...settled, sagaState: 'APPROVED' }, { reservation: cancelled })
    expect(missed(of)?.message).toEqual({ type: 'ReservationCancelled', reason: 'SCHEDULE_CANCELLED' })
  })

  test.each<[string, FactsOfPayment]>([
    ['it has moved a moment ago', facts({ movedAt: ago(59_000) })],
    ['its wait has hardly ended', facts({ deadlineAt: ago(59_000) })],
    [
      'it has its ticket',
      facts({ ...settled, sagaState: 'APPROVED' }, { reservation: confirmed, wallet: debited }),
    ],
    [
      'it is APPROVED, and no reservation is known: a person must look',
      facts({ ...settled, sagaState: 'APPROVED' }, { wallet: debited }),
    ],
    ['the money is back', facts({ ...settled, sagaState: 'FAILED' }, { wallet: back })],
    [
      'the card worker has been told',
      facts({ ...settled, ...card, captureWanted: 'REFUNDED', sagaState: 'FAILED' }),
    ],
    [
      'it is REFUNDED, and no message could change that',
      facts({ ...settled, sagaState: 'REFUNDED' }, { wallet: debited }),
    ],
    ['there is no saga', facts(undefined, { wallet: debited })],
  ])('nothing where %s', (_where, of) => {
    expect(missed(of)).toBeNull()
  })
})

test('the lowest id of a moment is above all of before and below all of after', () => {
  const id = lowestIdAt(NOW)
  expect(beganAt(id)).toEqual(NOW)
  expect(id > lowestIdAt(ago(1))).toBe(true)
})
