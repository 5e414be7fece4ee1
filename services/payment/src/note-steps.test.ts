import { expect, test } from '@jest/globals'
import { uuidv7 } from 'uuidv7'
import { noteFound, noteSettled, notingSteps } from './note-steps.ts'
import { PaymentIntake } from './payment-intake.ts'
import type { Payment } from './sql/payments.ts'

const AGE_MS = 1_500

/** Intakes of which that of wallets has let in a number of payments, all of them `AGE_MS` ago. */
function intakesWith(unsettled: number) {
  let nowMs = 0
  const BALANCE = new PaymentIntake(2_000, () => nowMs)
  for (let index = 0; index < unsettled; index += 1) BALANCE.enter()
  nowMs = AGE_MS
  return { BALANCE, CARD: new PaymentIntake(2_000, () => nowMs) }
}

/** Payments that began `AGE_MS` ago and have settled now. */
function fivePayments(change: Partial<Payment>): Payment[] {
  return Array.from({ length: 5 }, () => {
    const paymentId = idOf(Date.now() - AGE_MS)
    return { ...approved(paymentId, AGE_MS), ...change }
  })
}

/** A payment that began `AGE_MS` ago and was paid `tookMs` later. */
function approved(paymentId: string, tookMs: number): Payment {
  return {
    paymentId,
    reservationId: 'r-1',
    userId: '101',
    scheduleId: 42,
    amount: 1_000,
    paymentMethod: 'BALANCE',
    status: 'APPROVED',
    reason: null,
    createdAt: new Date(),
    paidAt: new Date(Date.now() - AGE_MS + tookMs),
    endedAt: null,
  }
}

/** A UUIDv7 that was made at `ms`. */
function idOf(ms: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}${uuidv7().slice(13)}`
}

const silent = {
  begun: () => undefined,
  moved: () => undefined,
  impossible: () => undefined,
  providerEvent: () => undefined,
  reconciled: () => undefined,
}
const eventsOf = (intakes: ReturnType<typeof intakesWith>) =>
  notingSteps({ ...silent, settled: () => undefined }, intakes)

// Five payments of this second mean that eleven before a new one take 2.2 s, and that nine take 1.8 s.
const cases: [string, Partial<Payment>, boolean][] = [
  ['APPROVED', {}, true],
  ['given back because the reservation refused', { status: 'REFUNDED', paidAt: null }, true],
  ['FAILED', { status: 'FAILED', paidAt: null }, false],
]

test.each(cases)('a payment that ends %s counts as one payment', (_how, change, tookMoney) => {
  const answers = [9, 11].map((unsettled) => {
    const intakes = intakesWith(unsettled)
    const events = eventsOf(intakes)
    for (const payment of fivePayments(change)) {
      const { paymentId } = payment
      const move = {
        paymentId,
        from: 'TAKING_MONEY',
        to: 'CONFIRMING',
        message: 'WalletDebited',
        reason: null,
      }
      if (tookMoney) events.moved(move)
      noteSettled(intakes, payment)
    }
    return intakes.BALANCE.refusal()?.code ?? null
  })
  expect(answers).toEqual([null, 'UNAVAILABLE'])
})

test('a payment that another instance settled counts as one payment, which took as long as its row says', () => {
  const answers = [9, 11].map((unsettled) => {
    const intakes = intakesWith(unsettled)
    for (const payment of fivePayments({ endedAt: new Date(), paidAt: null, status: 'FAILED' })) {
      noteFound(intakes, payment)
    }
    return intakes.BALANCE.refusal()?.code ?? null
  })
  expect(answers).toEqual([null, 'UNAVAILABLE'])
  const quick = intakesWith(11)
  for (const { paymentId } of fivePayments({})) noteFound(quick, approved(paymentId, 50))
  expect(quick.BALANCE.refusal()).toBeNull()
})

test.each([
  ['here', noteSettled],
  ['at another instance', noteFound],
])(
  'a payment that waits for the owner of its card, as was found %s, keeps nobody waiting and says nothing of the pace',
  (_where, note) => {
    const answers = [9, 11].map((unsettled) => {
      const intakes = intakesWith(unsettled)
      // Ten steps are five payments.
      for (const payment of [...fivePayments({}), ...fivePayments({})]) noteSettled(intakes, payment)
      const waiting = fivePayments({ status: 'PENDING', paidAt: null })
      for (const { paymentId } of waiting) intakes.BALANCE.enter()(paymentId)
      for (const payment of waiting) note(intakes, payment)
      return intakes.BALANCE.refusal()?.code ?? null
    })
    expect(answers).toEqual([null, 'UNAVAILABLE'])
  },
)

test.each(['APPROVED', 'FAILED', 'REFUNDED'] as const)(
  'payments that waited for the owner of their card are no slow ones when they end %s',
  (status) => {
    for (const how of ['moved', 'found'] as const) {
      // As full as where eleven before a new one are too many.
      const { BALANCE: CARD, CARD: BALANCE } = intakesWith(11)
      const intakes = { BALANCE, CARD }
      const events = notingSteps({ ...silent, settled: () => undefined }, intakes)
      const payments = fivePayments({}).map((payment) => ({
        ...payment,
        paymentMethod: 'CARD' as const,
        paidAt: null,
      }))
      for (const payment of payments) {
        const { paymentId } = payment
        const move = {
          paymentId,
          from: 'TAKING_MONEY',
          to: 'AWAITING_ACTION',
          message: 'CardActionRequired',
          reason: null,
        }
        if (how === 'moved') events.moved(move)
        else noteFound(intakes, { ...payment, status: 'PENDING' })
        noteSettled(intakes, { ...payment, status })
      }
      expect(CARD.refusal()).toBeNull()
    }
  },
)
