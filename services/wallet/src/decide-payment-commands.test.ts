import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decidePaymentCommands } from './decide-payment-commands.ts'
import type { Applied, PaymentCommand } from './decide-payment-commands.ts'
import { ContradictingCommandError, decidePaymentMovement } from './decide-payment-movement.ts'
import type { Fence } from './decide-payment-movement.ts'
import { Journal } from './journal.ts'
import type { StoredFence } from './sql/payment-movements.ts'

// Five payments of two users: their wallets can pay some of them, but not all.
const payments = ['a', 'a', 'a', 'b', 'b'].map((userId, index) => ({
  paymentId: `payment-${index}`,
  userId,
  amount: 300 + 100 * index,
}))
const commands = fc.array(
  fc
    .record({
      payment: fc.constantFrom(...payments),
      kind: fc.constantFrom<'DEBIT' | 'REFUND'>('DEBIT', 'REFUND'),
    })
    .map(({ payment: { paymentId, userId, amount }, kind }): PaymentCommand => {
      return { paymentId, command: { kind, userId, amount } }
    }),
  { maxLength: 25 },
)

/** Wallets and fences as the database would have them after each batch. */
class Stored {
  readonly balances = new Map([
    ['a', 800],
    ['b', 800],
  ])
  readonly fences = new Map<string, StoredFence>()

  apply(batch: readonly PaymentCommand[]): Applied[] {
    const journal = new Journal(
      [...this.balances].map(([userId, balance]) => ({
        userId,
        balance,
        totalCharged: balance,
        totalUsed: 0,
        totalAdjusted: 0,
        version: 1,
        updatedAt: null,
        lockedAt: new Date(0),
      })),
    )
    const { applied, fences } = decidePaymentCommands(journal, this.fences, batch)
    for (const { userId, balance } of journal.wallets) this.balances.set(userId, balance)
    for (const paymentId of fences.refunded) {
      const fence = this.fences.get(paymentId)
      if (fence?.status !== 'DEBITED') throw new Error('only what was debited can be refunded')
      this.fences.set(paymentId, { ...fence, status: 'REFUNDED' })
    }
    for (const [paymentId, fence] of fences.first) {
      if (this.fences.has(paymentId)) throw new Error('a payment has one fence')
      this.fences.set(paymentId, fence)
    }
    return applied
  }
}

/** What the pure decision says, one command after the other. */
function oneByOne(all: readonly PaymentCommand[]) {
  const balances = new Map([
    ['a', 800],
    ['b', 800],
  ])
  const fences = new Map<string, Fence>()
  const decisions = all.map(({ paymentId, command }) => {
    const balance = balances.get(command.userId) ?? 0
    const { fence, movement, reply } = decidePaymentMovement(fences.get(paymentId), command, balance)
    fences.set(paymentId, fence)
    const change = movement === null ? 0 : movement.kind === 'DEBIT' ? -movement.amount : movement.amount
    balances.set(command.userId, balance + change)
    return { movement, reply, balanceAfter: balance + change }
  })
  return { balances, fences, decisions }
}

test('commands in one batch, or in any batches, do what they do one after the other', () => {
  fc.assert(
    fc.property(commands, fc.integer({ min: 1, max: 26 }), (all, size) => {
      const stored = new Stored()
      const applied: Applied[] = []
      for (let from = 0; from < all.length; from += size) {
        applied.push(...stored.apply(all.slice(from, from + size)))
      }
      const expected = oneByOne(all)
      expect(stored.balances).toEqual(expected.balances)
      expect(applied).toHaveLength(all.length)
      for (const [index, { movement, reply }] of applied.entries()) {
        const decision = expected.decisions[index]
        expect(reply).toEqual(decision?.reply)
        expect(movement === null).toBe(decision?.movement === null)
        if (movement !== null) {
          expect(movement).toMatchObject({
            ...decision?.movement,
            userId: all[index]?.command.userId,
            paymentId: all[index]?.paymentId,
            balanceAfter: decision?.balanceAfter,
          })
        }
      }
      expect(stored.fences.size).toBe(expected.fences.size)
      for (const [paymentId, fence] of expected.fences) {
        expect(stored.fences.get(paymentId)).toMatchObject(fence)
      }
    }),
  )
})

test('all replies to one kind of command of one payment have one id, and no others have it', () => {
  fc.assert(
    fc.property(commands, fc.integer({ min: 1, max: 26 }), (all, size) => {
      const stored = new Stored()
      const ids = new Map<string, Set<string>>()
      for (let from = 0; from < all.length; from += size) {
        const batch = all.slice(from, from + size)
        for (const [index, { replyId }] of stored.apply(batch).entries()) {
          const key = `${batch[index]?.paymentId} ${batch[index]?.command.kind}`
          ids.set(key, (ids.get(key) ?? new Set()).add(replyId))
        }
      }
      for (const of of ids.values()) expect(of.size).toBe(1)
      for (const [paymentId, { debitReplyId, refundReplyId }] of stored.fences) {
        expect([...(ids.get(`${paymentId} DEBIT`) ?? [debitReplyId])]).toEqual([debitReplyId])
        expect([...(ids.get(`${paymentId} REFUND`) ?? [refundReplyId])]).toEqual([refundReplyId])
      }
      expect(new Set([...ids.values()].flatMap((of) => [...of])).size).toBe(ids.size)
    }),
  )
})

test('a batch with a command that contradicts its payment is refused as a whole', () => {
  const [payment] = payments
  if (payment === undefined) throw new Error('no payment')
  const { paymentId, userId, amount } = payment
  const debit: PaymentCommand = { paymentId, command: { kind: 'DEBIT', userId, amount } }
  const other: PaymentCommand = { paymentId, command: { kind: 'DEBIT', userId, amount: amount + 1 } }
  expect(() => new Stored().apply([debit, other])).toThrow(ContradictingCommandError)
})
