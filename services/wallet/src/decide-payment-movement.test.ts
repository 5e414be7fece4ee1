import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ContradictingCommandError, decidePaymentMovement } from './decide-payment-movement.ts'
import type { Command, Fence, Reply } from './decide-payment-movement.ts'

const userId = '101'
const debit: Command = { kind: 'DEBIT', userId, amount: 700 }
const refund: Command = { kind: 'REFUND', userId, amount: 700 }

/** Applies commands in order to a wallet and its fence, as the service does. */
function run(balance: number, commands: readonly Command[]) {
  let fence: Fence | undefined
  const replies: { kind: Command['kind']; reply: Reply }[] = []
  const balances = [balance]
  for (const command of commands) {
    const decision = decidePaymentMovement(fence, command, balances.at(-1) ?? 0)
    fence = decision.fence
    const { movement } = decision
    const change = movement === null ? 0 : movement.kind === 'DEBIT' ? -movement.amount : movement.amount
    balances.push((balances.at(-1) ?? 0) + change)
    replies.push({ kind: command.kind, reply: decision.reply })
  }
  return { fence, replies, balances, final: balances.at(-1) ?? 0 }
}

describe('one payment and one wallet', () => {
  test('a debit that the wallet can pay takes the money and says what is left', () => {
    const { final, replies, fence } = run(1_000, [debit])
    expect(final).toBe(300)
    expect(fence?.status).toBe('DEBITED')
    expect(replies[0]?.reply).toEqual({ type: 'WalletDebited', userId, amount: 700, balance: 300 })
  })

  test('a debit of the whole balance is allowed, one more than that is not', () => {
    expect(run(700, [debit]).final).toBe(0)
    expect(run(699, [debit]).fence?.status).toBe('REFUSED')
  })

  test('a debit once refused stays refused, whatever is in the wallet later', () => {
    const refused = decidePaymentMovement(undefined, debit, 0)
    const again = decidePaymentMovement(refused.fence, debit, 1_000_000)
    expect(again).toEqual({ fence: refused.fence, movement: null, reply: refused.reply })
    expect(again.reply).toMatchObject({ type: 'WalletDebitRefused', reason: 'INSUFFICIENT_BALANCE' })
  })

  test('a refund that comes first gives nothing back and fences its debit off', () => {
    const { final, replies } = run(1_000, [refund, debit])
    expect(final).toBe(1_000)
    expect(replies.map(({ reply }) => reply)).toEqual([
      { type: 'WalletRefunded', userId, refundedAmount: 0 },
      { type: 'WalletDebitRefused', userId, reason: 'REFUND_CAME_FIRST' },
    ])
  })

  test('a refund gives back what was debited, even where it names another amount', () => {
    const { final, replies } = run(1_000, [debit, { ...refund, amount: 900 }])
    expect(final).toBe(1_000)
    expect(replies[1]?.reply).toEqual({ type: 'WalletRefunded', userId, refundedAmount: 700 })
  })

  test.each<Command>([
    { ...debit, userId: '102' },
    { ...refund, userId: '102' },
    { ...debit, amount: 701 },
  ])('a command that contradicts the payment is refused as a defect: %j', (command) => {
    const { fence } = decidePaymentMovement(undefined, debit, 1_000)
    expect(() => decidePaymentMovement(fence, command, 1_000)).toThrow(ContradictingCommandError)
  })

  test('a person who looks at a contradiction reads what contradicts what', () => {
    const { fence } = decidePaymentMovement(undefined, debit, 1_000)
    const repeat = (change: Partial<Command>) => () =>
      decidePaymentMovement(fence, { ...debit, ...change }, 1_000)
    expect(repeat({ userId: '102' })).toThrow(
      expect.objectContaining({
        name: 'ContradictingCommandError',
        message: 'the payment belongs to another user',
      }),
    )
    expect(repeat({ amount: 701 })).toThrow('the payment was of 700, not of 701')
  })

  test('a debit that was fenced off is refused, whatever amount its refund named', () => {
    const { fence } = decidePaymentMovement(undefined, { ...refund, amount: 1 }, 1_000)
    expect(decidePaymentMovement(fence, debit, 1_000)).toEqual({
      fence,
      movement: null,
      reply: { type: 'WalletDebitRefused', userId, reason: 'REFUND_CAME_FIRST' },
    })
  })

  test('money moves under the name of what was asked for', () => {
    const taken = decidePaymentMovement(undefined, debit, 1_000)
    expect(taken.movement).toEqual({ kind: 'DEBIT', amount: 700 })
    expect(decidePaymentMovement(taken.fence, refund, 300).movement).toEqual({ kind: 'REFUND', amount: 700 })
  })
})

describe('commands in any order, any number of times', () => {
  const commands = fc.array(fc.constantFrom(debit, refund), { maxLength: 12 })

  test('the user never loses more than one debit nor gains anything, and loses nothing once refunded', () => {
    fc.assert(
      fc.property(fc.nat(2_000), commands, (balance, order) => {
        const { balances } = run(balance, order)
        for (const [index, after] of balances.entries()) {
          expect(after).toBeGreaterThanOrEqual(0)
          expect([balance, balance - debit.amount]).toContain(after)
          if (order.slice(0, index).includes(refund)) expect(after).toBe(balance)
        }
      }),
    )
  })

  test('each command has one reply, however often it comes', () => {
    fc.assert(
      fc.property(fc.nat(2_000), commands, (balance, order) => {
        const { replies } = run(balance, order)
        for (const kind of ['DEBIT', 'REFUND'] as const) {
          const different = new Set(
            replies.filter((answer) => answer.kind === kind).map(({ reply }) => JSON.stringify(reply)),
          )
          expect(different.size).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  test('what the replies say adds up to what happened', () => {
    fc.assert(
      fc.property(fc.nat(2_000), commands, (balance, order) => {
        const { replies, final } = run(balance, order)
        const debited = replies.some(({ reply }) => reply.type === 'WalletDebited')
        const refunded = replies.some(
          ({ reply }) => reply.type === 'WalletRefunded' && reply.refundedAmount > 0,
        )
        expect(final).toBe(balance - (debited ? debit.amount : 0) + (refunded ? debit.amount : 0))
      }),
    )
  })
})
