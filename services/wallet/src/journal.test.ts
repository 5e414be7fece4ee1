import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Journal } from './journal.ts'
import type { MovementKind } from './journal.ts'

const lockedAt = new Date('2026-11-01T12:00:00Z')
const wallet = (userId: string, balance: number, version: number) => ({
  userId,
  balance,
  totalCharged: balance + 500,
  totalUsed: 500,
  totalAdjusted: 0,
  version,
  updatedAt: null,
  lockedAt,
})

const movement = fc.record({
  userId: fc.constantFrom('a', 'b'),
  kind: fc.constantFrom<MovementKind>('CHARGE', 'DEBIT', 'REFUND', 'ADJUSTMENT'),
  amount: fc.integer({ min: 1, max: 1_000 }),
})

test('each movement starts at the balance that the one before it of its wallet left', () => {
  fc.assert(
    fc.property(fc.array(movement, { maxLength: 30 }), (movements) => {
      const balances = new Map([
        ['a', 50_000],
        ['b', 70_000],
      ])
      const journal = new Journal([...balances].map(([userId, balance]) => wallet(userId, balance, 7)))
      for (const { userId, kind, amount } of movements) {
        const after = (balances.get(userId) ?? 0) + (kind === 'DEBIT' ? -amount : amount)
        balances.set(userId, after)
        const recorded = journal.record(userId, { kind, amount, transactionId: 't', paymentId: null })
        expect(recorded).toMatchObject({ balanceAfter: after, movedAt: lockedAt })
        expect(journal.balanceOf(userId)).toBe(after)
      }
      expect(journal.movements.map(({ userId, kind, amount }) => ({ userId, kind, amount }))).toEqual(
        movements,
      )
    }),
  )
})

test('a wallet ends with the balance that its totals make, one version further a movement', () => {
  fc.assert(
    fc.property(fc.array(movement, { maxLength: 30 }), (movements) => {
      const journal = new Journal([wallet('a', 50_000, 7), wallet('b', 70_000, 0)])
      for (const { userId, ...of } of movements) {
        journal.record(userId, { ...of, transactionId: 't', paymentId: null })
      }
      const moved = new Set(movements.map(({ userId }) => userId))
      expect(new Set(journal.wallets.map(({ userId }) => userId))).toEqual(moved)
      for (const { userId, balance, version, versionBefore, ...totals } of journal.wallets) {
        const own = movements.filter((of) => of.userId === userId)
        const sumOf = (wanted: MovementKind): number =>
          own.filter(({ kind }) => kind === wanted).reduce((sum, { amount }) => sum + amount, 0)
        const { totalCharged, totalUsed, totalAdjusted } = totals
        expect(balance).toBe(totalCharged - totalUsed + totalAdjusted)
        expect(balance).toBe(journal.balanceOf(userId))
        expect(totalCharged).toBe((userId === 'a' ? 50_500 : 70_500) + sumOf('CHARGE'))
        expect(totalAdjusted).toBe(sumOf('ADJUSTMENT'))
        expect(versionBefore).toBe(userId === 'a' ? 7 : 0)
        expect(version).toBe(versionBefore + own.length)
      }
    }),
  )
})

test('a wallet that is not locked has no balance and no movement', () => {
  const journal = new Journal([wallet('a', 50_000, 7)])
  expect(() => journal.balanceOf('b')).toThrow('not locked')
  expect(() =>
    journal.record('b', { kind: 'CHARGE', amount: 1, transactionId: 't', paymentId: null }),
  ).toThrow('not locked')
})
