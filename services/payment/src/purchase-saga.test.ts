import { describe, expect, test } from '@jest/globals'
import { beginSaga, commandOf, decide, paymentStatusOf } from './purchase-saga.ts'
import type { Decision, PurchaseSaga, SagaLimits, SagaMessage, SagaState } from './purchase-saga.ts'

const limits: SagaLimits = { replyWaitMs: 1_000, replyWaitMaxMs: 8_000, takingMoneyAttemptsMax: 3 }
const now = new Date('2027-01-01T00:00:00Z')

const states: SagaState[] = [
  'TAKING_MONEY',
  'AWAITING_ACTION',
  'CONFIRMING',
  'APPROVED',
  'REFUNDING',
  'FAILED',
  'REFUNDED',
]
const messages: SagaMessage[] = [
  { type: 'WalletDebited' },
  { type: 'WalletDebitRefused', reason: 'INSUFFICIENT_BALANCE' },
  { type: 'WalletRefunded', refundedAmount: 100 },
  { type: 'CardCaptured' },
  { type: 'CardDeclined', reason: 'no' },
  { type: 'CardRefunded', refundedAmount: 100 },
  { type: 'ReservationConfirmed' },
  { type: 'ReservationConfirmRefused', reason: 'RESERVATION_EXPIRED' },
  { type: 'ReservationCancelled', reason: 'USER_CANCELLED' },
  { type: 'DeadlinePassed' },
]

function sagaIn(state: SagaState, change: Partial<PurchaseSaga> = {}): PurchaseSaga {
  const moneyTaken = state === 'CONFIRMING' || state === 'APPROVED' || state === 'REFUNDED'
  return { state, paymentMethod: 'BALANCE', moneyTaken, attempts: 1, reason: null, ...change }
}

/** The state after a decision, with `!command` where one is sent, so that the whole table fits one screen. */
function shown(decision: Decision): string {
  if (decision.kind !== 'advance') return decision.kind
  return decision.saga.state + (decision.command === null ? '' : ` !${decision.command}`)
}

// For every state of a wallet payment, what each of `messages` does, in their order.
const expected: Record<SagaState, string[]> = {
  TAKING_MONEY: [
    'CONFIRMING !ConfirmReservation',
    'FAILED',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'REFUNDING !RefundWallet',
    'TAKING_MONEY !DebitWallet',
  ],
  // Only of a card: below.
  AWAITING_ACTION: [
    ...Array.from({ length: 8 }, () => 'impossible'),
    'REFUNDING !RefundWallet',
    'REFUNDING !RefundWallet',
  ],
  CONFIRMING: [
    'ignore',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'APPROVED',
    'REFUNDING !RefundWallet',
    'REFUNDING !RefundWallet',
    'CONFIRMING !ConfirmReservation',
  ],
  APPROVED: [
    'ignore',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'ignore',
    'impossible',
    'REFUNDING !RefundWallet',
    'ignore',
  ],
  REFUNDING: [
    'ignore',
    'ignore',
    'REFUNDED',
    'impossible',
    'impossible',
    'impossible',
    'ignore',
    'ignore',
    'ignore',
    'REFUNDING !RefundWallet',
  ],
  FAILED: [
    'FAILED !RefundWallet',
    'ignore',
    'ignore',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'impossible',
    'ignore',
    'ignore',
  ],
  REFUNDED: [
    'ignore',
    'ignore',
    'ignore',
    'impossible',
    'impossible',
    'impossible',
    'ignore',
    'ignore',
    'ignore',
    'ignore',
  ],
}

describe('every state and message has its rule', () => {
  for (const state of states) {
    messages.forEach((message, index) => {
      const outcome = expected[state][index] ?? 'missing'
      test(`${state} + ${message.type} -> ${outcome}`, () => {
        expect(shown(decide(sagaIn(state), message, now, limits))).toBe(outcome)
      })
    })
  }
})

describe('what a saga remembers', () => {
  const after = (saga: PurchaseSaga, message: SagaMessage): PurchaseSaga => {
    const decision = decide(saga, message, now, limits)
    if (decision.kind !== 'advance') throw new Error(decision.kind)
    return decision.saga
  }

  test('money that is taken stays known as taken until the end', () => {
    for (const [paymentMethod, wanted, message] of [
      ['BALANCE', 'DebitWallet', { type: 'WalletDebited' }],
      ['CARD', 'CaptureCard', { type: 'CardCaptured' }],
    ] as const) {
      const { saga, command } = beginSaga(paymentMethod, now, limits)
      expect([command, saga.moneyTaken]).toEqual([wanted, false])
      const confirming = after(saga, message)
      expect(confirming).toMatchObject({ state: 'CONFIRMING', moneyTaken: true })
      const approved = after(confirming, { type: 'ReservationConfirmed' })
      expect(approved).toMatchObject({ state: 'APPROVED', moneyTaken: true, reason: null })
      const cancelled = after(approved, { type: 'ReservationCancelled', reason: 'USER_CANCELLED' })
      expect(cancelled).toMatchObject({ state: 'REFUNDING', moneyTaken: true, reason: 'USER_CANCELLED' })
    }
  })

  test('a refund of something shows that money had been taken, though no reply ever said so', () => {
    const refunding = sagaIn('REFUNDING', { moneyTaken: false, reason: 'TIMEOUT' })
    expect(after(refunding, { type: 'WalletRefunded', refundedAmount: 1 })).toMatchObject({
      state: 'REFUNDED',
      moneyTaken: true,
      reason: 'TIMEOUT',
    })
  })

  test('the buyer is told why: the reason of the refusal, or that it took too long', () => {
    const reasonAfter = (message: SagaMessage, change: Partial<PurchaseSaga> = {}) =>
      after(sagaIn('TAKING_MONEY', { moneyTaken: false, ...change }), message).reason
    expect(reasonAfter({ type: 'WalletDebitRefused', reason: 'INSUFFICIENT_BALANCE' })).toBe(
      'INSUFFICIENT_BALANCE',
    )
    expect(reasonAfter({ type: 'CardDeclined', reason: 'no' }, { paymentMethod: 'CARD' })).toBe('no')
    expect(reasonAfter({ type: 'DeadlinePassed' }, { attempts: limits.takingMoneyAttemptsMax })).toBe(
      'TIMEOUT',
    )
  })

  test('a settled saga waits for nothing', () => {
    const settled = decide(sagaIn('CONFIRMING'), { type: 'ReservationConfirmed' }, now, limits)
    expect(settled).toMatchObject({ kind: 'advance', command: null, deadlineAt: null })
    const late = decide(sagaIn('FAILED'), { type: 'WalletDebited' }, now, limits)
    expect(late).toMatchObject({ kind: 'advance', command: 'RefundWallet', deadlineAt: null })
  })

  test('a payment is PENDING until its saga is settled, and stays what it was while a refund runs', () => {
    const statuses = (before: 'PENDING' | 'APPROVED') => states.map((state) => paymentStatusOf(state, before))
    const settled = ['FAILED', 'REFUNDED']
    const begun = ['PENDING', 'PENDING', 'PENDING']
    expect(statuses('PENDING')).toEqual([...begun, 'APPROVED', 'PENDING', ...settled])
    expect(statuses('APPROVED')).toEqual([...begun, 'APPROVED', 'APPROVED', ...settled])
  })
})

describe('deadlines', () => {
  test('step 1 is repeated with doubled waits, then refunded: a debit that never was refunds nothing', () => {
    let decision: Decision = beginSaga('BALANCE', now, limits)
    const seen: string[] = []
    for (let round = 0; round < 4; round += 1) {
      if (decision.kind !== 'advance') throw new Error('stuck')
      const wait = (decision.deadlineAt?.getTime() ?? 0) - now.getTime()
      seen.push(`${shown(decision)} ${wait}`)
      decision = decide(decision.saga, { type: 'DeadlinePassed' }, now, limits)
    }
    expect(seen).toEqual([
      'TAKING_MONEY !DebitWallet 1000',
      'TAKING_MONEY !DebitWallet 2000',
      'TAKING_MONEY !DebitWallet 4000',
      'REFUNDING !RefundWallet 1000',
    ])
    const refused = decide(
      sagaIn('REFUNDING', { moneyTaken: false, reason: 'TIMEOUT' }),
      { type: 'WalletRefunded', refundedAmount: 0 },
      now,
      limits,
    )
    expect(refused).toMatchObject({
      kind: 'advance',
      saga: { state: 'FAILED', reason: 'TIMEOUT' },
      command: null,
    })
  })

  test('step 2 and a refund are repeated for ever, and never guessed', () => {
    for (const state of ['CONFIRMING', 'REFUNDING'] as const) {
      const saga = sagaIn(state, { attempts: 10_000, moneyTaken: true })
      const decision = decide(saga, { type: 'DeadlinePassed' }, now, limits)
      expect(decision).toMatchObject({
        kind: 'advance',
        saga: { state, attempts: 10_001 },
        command: commandOf(saga),
      })
      expect(decision.kind === 'advance' && decision.deadlineAt).toEqual(new Date(now.getTime() + 8_000))
    }
  })

  test('a refund of nothing though money was taken is a person’s business', () => {
    const saga = sagaIn('REFUNDING', { moneyTaken: true })
    expect(decide(saga, { type: 'WalletRefunded', refundedAmount: 0 }, now, limits).kind).toBe('impossible')
  })
})
