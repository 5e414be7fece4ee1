import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventually } from '@frontrow/test-kit/eventually'
import { uuidv7 } from 'uuidv7'
import { applyPaymentCommands } from '../src/apply-payment-commands.ts'
import type { PaymentCommand } from '../src/decide-payment-commands.ts'
import { ContradictingCommandError } from '../src/decide-payment-movement.ts'
import { messageHandlers } from '../src/messages.ts'
import { applyCommands, messageOf } from './apply-commands.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
let runs = 0

beforeAll(async () => {
  it = await startWalletUnderTest()
})

afterAll(() => it.dispose())

const entriesOf = async (userId: string) =>
  (
    await it.owner.query<{ payment: string; kind: string; amount: number; after: number }>(
      `SELECT payment_id AS payment, kind, amount, balance_after AS after FROM ledger_entries
       WHERE user_id = $1 ORDER BY entry_id`,
      [userId],
    )
  ).rows

const repliesTo = async (paymentId: string) =>
  (
    await it.owner.query<{ id: string; type: string; payload: Record<string, unknown>; trace: string }>(
      `SELECT message_id AS id, type, payload, traceparent AS trace FROM outbox WHERE message_key = $1 ORDER BY id`,
      [paymentId],
    )
  ).rows

const walletOf = async (userId: string) =>
  (
    await it.owner.query<{ balance: number; version: number }>(
      'SELECT balance, total_charged, total_used, version FROM wallets WHERE user_id = $1',
      [userId],
    )
  ).rows[0]

describe('many commands in one batch', () => {
  const order = fc.array(
    fc.record({
      payment: fc.nat(4),
      kind: fc.constantFrom<'DEBIT' | 'REFUND'>('DEBIT', 'REFUND'),
      isSent: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  )

  /** Five payments of two people; the balance covers some of them. The names differ from run to run, nothing else does. */
  const prepare = async () => {
    runs += 1
    const users = [`spouse-${runs}-a`, `spouse-${runs}-b`]
    for (const user of users) await it.charge(user, 2_000)
    return [0, 0, 0, 1, 1].map((user, index) => ({
      paymentId: uuidv7(),
      userId: users[user] ?? '',
      amount: 400 * (index + 1),
    }))
  }
  const outcome = async (payments: Awaited<ReturnType<typeof prepare>>) => {
    const userIds = [...new Set(payments.map(({ userId }) => userId))]
    const place = (paymentId: string) => payments.findIndex((payment) => payment.paymentId === paymentId)
    const wallets = []
    const entries = []
    for (const userId of userIds) {
      wallets.push(await walletOf(userId))
      const own = await entriesOf(userId)
      entries.push(own.map((entry) => ({ ...entry, payment: place(entry.payment) })))
    }
    const answers = []
    for (const { paymentId } of payments) {
      const replies = await repliesTo(paymentId)
      answers.push(
        replies.map(({ id, type, payload }) => ({
          type,
          // The first reply with this id.
          sameAs: replies.findIndex((reply) => reply.id === id),
          payload: { ...payload, paymentId: undefined, userId: undefined },
        })),
      )
    }
    return { wallets, entries, answers }
  }

  test('of one wallet and of one payment do what they do one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(order, async (commands) => {
        const apply = async (inBatches: boolean) => {
          const payments = await prepare()
          const ids = new Map<string, string>()
          const messages = commands.flatMap(({ payment: place, kind, isSent }) => {
            const payment = payments[place]
            if (payment === undefined) return []
            const { paymentId, userId, amount } = payment
            // Half of the repeats have the id of the first one.
            const name = `${place} ${kind}`
            const id = isSent ? uuidv7() : (ids.get(name) ?? uuidv7())
            ids.set(name, id)
            return [messageOf({ paymentId, command: { kind, userId, amount } }, id)]
          })
          const { handleMany } = messageHandlers(it.wallet.ctx)
          if (inBatches) await handleMany(messages)
          else for (const message of messages) await handleMany([message])
          return outcome(payments)
        }
        expect(await apply(true)).toEqual(await apply(false))
      }),
      { numRuns: 15 },
    )
    expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  })

  test('each follow the trace of their own message', async () => {
    await it.charge('traced', 10_000)
    const messages = [uuidv7(), uuidv7()].map((paymentId) =>
      messageOf({ paymentId, command: { kind: 'DEBIT', userId: 'traced', amount: 1_000 } }),
    )
    await messageHandlers(it.wallet.ctx).handleMany(messages)
    for (const { content, trace } of messages) {
      expect(await repliesTo(content.paymentId)).toMatchObject([{ trace: trace.traceparent }])
    }
  })

  test('are none of them applied where one contradicts its payment', async () => {
    await it.charge('honest', 10_000)
    const debit = (paymentId: string, amount: number): PaymentCommand => ({
      paymentId,
      command: { kind: 'DEBIT', userId: 'honest', amount },
    })
    const [one, two] = [uuidv7(), uuidv7()]
    const batch = [debit(one, 1_000), debit(two, 2_000), debit(one, 1_001)]
    await expect(applyCommands(it.wallet.ctx, batch)).rejects.toThrow(ContradictingCommandError)
    expect(await it.balance('honest')).toBe(10_000)
    expect(await repliesTo(one)).toEqual([])
    expect(await repliesTo(two)).toEqual([])
  })
})

describe('two instances with the same commands at once', () => {
  const commandsOf = (users: readonly string[], amount: number): PaymentCommand[] =>
    users.flatMap((userId) => {
      const [kept, refunded] = [uuidv7(), uuidv7()]
      return [
        { paymentId: kept, command: { kind: 'DEBIT', userId, amount } },
        { paymentId: refunded, command: { kind: 'DEBIT', userId, amount } },
        { paymentId: refunded, command: { kind: 'REFUND', userId, amount } },
      ]
    })
  const rich = Array.from({ length: 10 }, (_, index) => `twin-${index}`)

  test.each([
    ['as the same messages', true],
    ['as other messages', false],
  ])('take and give back the money once: %s', async (_how, isSame) => {
    for (const user of rich) await it.charge(user, 10_000)
    const before = await Promise.all(rich.map((user) => it.balance(user)))
    const commands = commandsOf(rich, 1_000)
    const messages = commands.map((content) => messageOf(content))
    const again = isSame ? messages : commands.map((content) => messageOf(content))
    const { handleMany } = messageHandlers(it.wallet.ctx)
    await Promise.all([handleMany(messages), handleMany(again)])
    for (const [index, user] of rich.entries()) {
      expect(await it.balance(user)).toBe(Number(before[index]) - 1_000)
    }
    for (const { paymentId } of commands) {
      const replies = await repliesTo(paymentId)
      const types = new Set(replies.map(({ type }) => type))
      expect(new Set(replies.map(({ id }) => id)).size).toBe(types.size)
    }
    expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  })

  test('answer alike where the users have no wallet to wait for', async () => {
    const poor = Array.from({ length: 10 }, (_, index) => `poor-${index}`)
    const commands = commandsOf(poor, 1_000)
    await Promise.all([1, 2, 3].map(() => applyCommands(it.wallet.ctx, commands)))
    for (const { paymentId } of commands) {
      const replies = await repliesTo(paymentId)
      const refused = replies.filter(({ type }) => type === 'WalletDebitRefused')
      expect(refused).toHaveLength(3)
      expect(new Set(refused.map(({ id }) => id)).size).toBe(1)
    }
    for (const user of poor) expect(await walletOf(user)).toBeUndefined()
  })

  test('never wait for each other in a circle, whatever the order of their commands', async () => {
    for (const user of rich) await it.charge(user, 10_000)
    const { ctx } = it.wallet
    // Without `inTransaction`, which would try again after a deadlock.
    const applyOnce = async (commands: readonly PaymentCommand[]) => {
      const tx = await ctx.pool.connect()
      try {
        await tx.query('BEGIN')
        const messages = commands.map((content) => ({ ...messageOf(content), isNew: true }))
        await applyPaymentCommands(ctx, tx, messages)
        await tx.query('COMMIT')
      } finally {
        tx.release(true)
      }
    }
    const debits = commandsOf(rich, 10).filter(({ command }) => command.kind === 'DEBIT')
    // Both come to a stop in the middle of their users, with all before it locked.
    const blocker = await ctx.pool.connect()
    await blocker.query('BEGIN')
    await blocker.query('SELECT 1 FROM wallets WHERE user_id = $1 FOR UPDATE', [rich[5]])
    const both = Promise.all([applyOnce(debits), applyOnce(debits.toReversed())])
    try {
      await eventually(async () => {
        const { rows } = await it.owner.query<{ waiting: number }>(
          `SELECT count(*) AS waiting FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        expect(rows[0]?.waiting).toBe(2)
      })
    } finally {
      await blocker.query('COMMIT')
      blocker.release()
    }
    await both
    for (const { paymentId } of debits) expect(await repliesTo(paymentId)).toHaveLength(2)
    expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  })
})
