import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { beginSaga, commandOf, decide, paymentStatusOf } from './purchase-saga.ts'
import type { PurchaseSaga, SagaCommand, SagaLimits, SagaMessage } from './purchase-saga.ts'

const limits: SagaLimits = { replyWaitMs: 1_000, replyWaitMaxMs: 8_000, takingMoneyAttemptsMax: 3 }
const now = new Date('2027-01-01T00:00:00Z')

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
