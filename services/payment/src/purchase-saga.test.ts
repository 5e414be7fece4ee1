import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { beginSaga, commandOf, decide, paymentStatusOf } from './purchase-saga.ts'
import type {
  Decision,
  PurchaseSaga,
  SagaCommand,
  SagaLimits,
  SagaMessage,
  SagaState,
} from './purchase-saga.ts'

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

/** Models of the wallet and the reservation, as idempotent as the services, and with the wallet's fence against late debits. */
class World {
  saga: PurchaseSaga
  wallet: 'untouched' | 'debited' | 'refused' | 'refunded' | 'fenced' = 'untouched'
  reservation: 'HOLD' | 'CONFIRMED' | 'EXPIRED' | 'CANCELLED' = 'HOLD'
  /** Messages under way. They may be delivered any number of times, late and out of order. */
  readonly commands: SagaCommand[] = []
  readonly replies: SagaMessage[] = []
  /** Messages that could not be right in the state that they met. */
  readonly impossible: string[] = []
  status: 'PENDING' | 'APPROVED' | 'FAILED' | 'REFUNDED' = 'PENDING'
  readonly statuses: string[] = ['PENDING']
  readonly #rich: boolean

  constructor(rich: boolean) {
    this.#rich = rich
    const first = beginSaga('BALANCE', now, limits)
    this.saga = first.saga
    if (first.command !== null) this.commands.push(first.command)
  }

  tell(message: SagaMessage): void {
    const decision = decide(this.saga, message, now, limits)
    if (decision.kind === 'impossible') this.impossible.push(`${this.saga.state} + ${message.type}`)
    if (decision.kind !== 'advance') return
    this.saga = decision.saga
    if (decision.command !== null) this.commands.push(decision.command)
    const status = paymentStatusOf(this.saga.state, this.status)
    if (status !== this.status) this.statuses.push(status)
    this.status = status
  }

  obey(command: SagaCommand): void {
    switch (command) {
      case 'DebitWallet':
        if (this.wallet === 'untouched') this.wallet = this.#rich ? 'debited' : 'refused'
        if (this.wallet === 'debited' || this.wallet === 'refunded')
          this.replies.push({ type: 'WalletDebited' })
        else this.replies.push({ type: 'WalletDebitRefused', reason: this.wallet })
        return
      case 'RefundWallet':
        if (this.wallet === 'untouched') this.wallet = 'fenced'
        if (this.wallet === 'debited') this.wallet = 'refunded'
        this.replies.push({ type: 'WalletRefunded', refundedAmount: this.wallet === 'refunded' ? 100 : 0 })
        return
      case 'ConfirmReservation':
        if (this.reservation === 'HOLD') this.reservation = 'CONFIRMED'
        if (this.reservation === 'CONFIRMED') this.replies.push({ type: 'ReservationConfirmed' })
        else if (!this.#wasConfirmed) {
          this.replies.push({ type: 'ReservationConfirmRefused', reason: 'RESERVATION_EXPIRED' })
        }
        return
      default:
        throw new Error(`${command} is not of a wallet payment`)
    }
  }

  #wasConfirmed = false

  holdRunsOut(): void {
    if (this.reservation === 'HOLD') this.reservation = 'EXPIRED'
  }

  userCancels(): void {
    if (this.reservation === 'CONFIRMED') {
      this.#wasConfirmed = true
      this.replies.push({ type: 'ReservationCancelled', reason: 'USER_CANCELLED' })
    }
    if (this.reservation === 'HOLD' || this.reservation === 'CONFIRMED') this.reservation = 'CANCELLED'
  }

  /** Delivers everything that is under way and lets deadlines pass, until nothing changes any more. */
  settle(): void {
    for (let round = 0; round < 30; round += 1) {
      const before = JSON.stringify([this.saga.state, this.wallet, this.reservation])
      for (const command of this.commands.splice(0)) this.obey(command)
      for (const reply of this.replies.splice(0)) this.tell(reply)
      if (commandOf(this.saga) !== null) this.tell({ type: 'DeadlinePassed' })
      const after = JSON.stringify([this.saga.state, this.wallet, this.reservation])
      if (before === after && commandOf(this.saga) === null && this.commands.length === 0) return
    }
    throw new Error(`did not settle: ${this.saga.state}`)
  }
}

type Act = { act: string; pick: number }

const acts = fc.array(
  fc.record({
    act: fc.constantFrom(
      'obey',
      'obey again later',
      'lose command',
      'tell',
      'tell again later',
      'lose reply',
      'deadline',
      'hold runs out',
      'user cancels',
    ),
    pick: fc.nat({ max: 50 }),
  }),
  { maxLength: 60 },
)

function perform(world: World, { act, pick }: Act): void {
  const at = (length: number): number => (length === 0 ? 0 : pick % length)
  const command = world.commands[at(world.commands.length)]
  const reply = world.replies[at(world.replies.length)]
  switch (act) {
    case 'obey':
      if (command !== undefined) world.commands.splice(at(world.commands.length), 1)
      if (command !== undefined) world.obey(command)
      return
    case 'obey again later':
      if (command !== undefined) world.obey(command)
      return
    case 'lose command':
      world.commands.splice(at(world.commands.length), 1)
      return
    case 'tell':
      world.replies.splice(at(world.replies.length), 1)
      if (reply !== undefined) world.tell(reply)
      return
    case 'tell again later':
      if (reply !== undefined) world.tell(reply)
      return
    case 'lose reply':
      // A cancellation is repeated by the outbox until it arrives. Answers may be lost, since commands are sent again.
      if (reply?.type !== 'ReservationCancelled') world.replies.splice(at(world.replies.length), 1)
      return
    case 'deadline':
      world.tell({ type: 'DeadlinePassed' })
      return
    case 'hold runs out':
      world.holdRunsOut()
      return
    default:
      world.userCancels()
  }
}

describe('whatever is lost, late, repeated or out of order', () => {
  test('no money without a ticket, no ticket without money, and every saga settles', () => {
    fc.assert(
      fc.property(acts, fc.boolean(), (script, rich) => {
        const world = new World(rich)
        for (const step of script) perform(world, step)
        world.settle()
        const { wallet, reservation } = world
        expect(['APPROVED', 'FAILED', 'REFUNDED']).toContain(world.saga.state)
        expect(world.status).toBe(world.saga.state)
        const paid = wallet === 'debited'
        expect(paid).toBe(reservation === 'CONFIRMED')
        expect(world.saga.state === 'APPROVED').toBe(reservation === 'CONFIRMED')
        if (world.saga.state === 'REFUNDED') expect(wallet).toBe('refunded')
        if (world.saga.state === 'FAILED') expect(wallet).not.toBe('debited')
        expect([
          'PENDING,APPROVED',
          'PENDING,FAILED',
          'PENDING,REFUNDED',
          'PENDING,APPROVED,REFUNDED',
        ]).toContain(world.statuses.join())
      }),
      { numRuns: 5_000 },
    )
  })
})
