import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { uuidv7 } from 'uuidv7'
import type { Command } from '../src/decide-payment-movement.ts'
import { applyCommands } from './apply-commands.ts'
import { createPaymentStandIn } from './payment-stand-in.ts'
import type { PaymentStandIn } from './payment-stand-in.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
let payment: PaymentStandIn

beforeAll(async () => {
  it = await startWalletUnderTest({ topics: true })
  payment = await createPaymentStandIn(it.environment)
})

afterAll(async () => {
  await payment.dispose()
  await it.dispose()
})

const entriesOf = async (paymentId: string) => {
  const { rows } = await it.owner.query<{ account: string; kind: string; amount: number }>(
    'SELECT account, kind, amount FROM ledger_entries WHERE payment_id = $1 ORDER BY entry_id',
    [paymentId],
  )
  return rows.map(({ account, kind, amount }) => `${kind} ${account} ${amount}`)
}

describe('commands over Kafka', () => {
  test('a debit takes the money, a refund gives it back, each with one reply keyed by the payment', async () => {
    await it.charge('payer', 10_000)
    const command = { paymentId: uuidv7(), userId: 'payer', amount: 7_000 }
    await payment.send('DebitWallet', command)
    const [debited] = await payment.replies(command.paymentId, 1)
    expect(debited).toMatchObject({
      type: 'WalletDebited',
      source: 'frontrow/wallet',
      value: { ...command, balance: 3_000 },
    })
    expect(await it.balance('payer')).toBe(3_000)

    await payment.send('RefundWallet', command)
    const [, refunded] = await payment.replies(command.paymentId, 2)
    expect(refunded).toMatchObject({
      type: 'WalletRefunded',
      value: { paymentId: command.paymentId, userId: 'payer', refundedAmount: 7_000 },
    })
    expect(await it.balance('payer')).toBe(10_000)
    expect(await entriesOf(command.paymentId)).toEqual([
      'DEBIT wallet -7000',
      'DEBIT sales 7000',
      'REFUND wallet 7000',
      'REFUND refunds -7000',
    ])
    const { data } = await it.call('GET', '/users/payer/balance', { user: 'payer' })
    expect(data).toMatchObject({ currentBalance: 10_000, totalCharged: 10_000, totalUsed: 0 })
  })

  test('a command that comes again has one effect, and the same reply under the same message id', async () => {
    await it.charge('repeater', 10_000)
    const command = { paymentId: uuidv7(), userId: 'repeater', amount: 4_000 }
    const id = await payment.send('DebitWallet', command)
    await payment.send('DebitWallet', command, id)
    await payment.send('DebitWallet', command)
    const debits = await payment.replies(command.paymentId, 3)
    expect(new Set(debits.map((reply) => reply.id)).size).toBe(1)
    for (const reply of debits) expect(reply.value).toEqual({ ...command, balance: 6_000 })

    await payment.send('RefundWallet', command)
    await payment.send('RefundWallet', command)
    await payment.send('DebitWallet', command)
    const all = await payment.replies(command.paymentId, 6)
    expect(all[3]).toMatchObject({ type: 'WalletRefunded', value: { refundedAmount: 4_000 } })
    expect(all[4]?.id).toBe(all[3]?.id)
    expect(all[5]?.id).toBe(all[0]?.id)
    expect(await it.balance('repeater')).toBe(10_000)
    expect(await entriesOf(command.paymentId)).toHaveLength(4)
  })

  test('a payment whose id is written in capitals too is one payment', async () => {
    await it.charge('shouter', 10_000)
    const command = { paymentId: uuidv7(), userId: 'shouter', amount: 4_000 }
    const loud = { ...command, paymentId: command.paymentId.toUpperCase() }
    await payment.send('DebitWallet', loud)
    await payment.send('DebitWallet', command)
    // The two spellings are on different partitions, so only what was answered before is known to come first.
    await payment.replies(command.paymentId, 2)
    await payment.send('RefundWallet', loud)
    const [debited, again, refunded] = await payment.replies(command.paymentId, 3)
    expect(debited).toMatchObject({ type: 'WalletDebited', value: { ...command, balance: 6_000 } })
    expect(again?.id).toBe(debited?.id)
    expect(refunded).toMatchObject({ type: 'WalletRefunded', value: { refundedAmount: 4_000 } })
    expect(await it.balance('shouter')).toBe(10_000)
  })

  test('a refund that comes before its debit gives nothing back and the late debit is refused', async () => {
    await it.charge('early', 10_000)
    const command = { paymentId: uuidv7(), userId: 'early', amount: 4_000 }
    await payment.send('RefundWallet', command)
    await payment.send('DebitWallet', command)
    const [refunded, refused] = await payment.replies(command.paymentId, 2)
    expect(refunded).toMatchObject({ type: 'WalletRefunded', value: { refundedAmount: 0 } })
    expect(refused).toMatchObject({ type: 'WalletDebitRefused', value: { reason: 'REFUND_CAME_FIRST' } })
    expect(await it.balance('early')).toBe(10_000)
    expect(await entriesOf(command.paymentId)).toEqual([])
  })

  test('a debit refused for want of money stays refused after a charge, and refunds nothing', async () => {
    const command = { paymentId: uuidv7(), userId: 'broke', amount: 4_000 }
    await payment.send('DebitWallet', command)
    const [refused] = await payment.replies(command.paymentId, 1)
    expect(refused).toMatchObject({
      type: 'WalletDebitRefused',
      value: { paymentId: command.paymentId, userId: 'broke', reason: 'INSUFFICIENT_BALANCE' },
    })
    await it.charge('broke', 10_000)
    await payment.send('DebitWallet', command)
    await payment.send('RefundWallet', command)
    const [, again, refunded] = await payment.replies(command.paymentId, 3)
    expect(again?.id).toBe(refused?.id)
    expect(refunded).toMatchObject({ type: 'WalletRefunded', value: { refundedAmount: 0 } })
    expect(await it.balance('broke')).toBe(10_000)
  })

  test('a refund is paid out in full even where the balance passes its maximum', async () => {
    for (let charges = 0; charges < 10; charges += 1) await it.charge('full', 1_000_000)
    const command = { paymentId: uuidv7(), userId: 'full', amount: 1_000_000 }
    await payment.send('DebitWallet', command)
    await payment.replies(command.paymentId, 1)
    await it.charge('full', 1_000_000)
    await payment.send('RefundWallet', command)
    await payment.replies(command.paymentId, 2)
    expect(await it.balance('full')).toBe(11_000_000)
  })

  test('a command that makes no sense is parked with its error and the next one is answered', async () => {
    await it.charge('steady', 10_000)
    const command = { paymentId: uuidv7(), userId: 'steady', amount: 1_000 }
    await payment.send('DebitWallet', { ...command, amount: 0 })
    await payment.send('DebitWallet', { ...command, amount: '1000' })
    await payment.send('DebitWallet', command)
    await payment.replies(command.paymentId, 1)
    await payment.send('DebitWallet', { ...command, amount: 2_000 })
    await payment.send('RefundWallet', { ...command, userId: 'thief' })
    await payment.send('DebitWallet', command)
    await payment.replies(command.paymentId, 2)
    expect(await payment.deadLetters(command.paymentId, 4)).toHaveLength(4)
    expect(await it.balance('steady')).toBe(9_000)
    expect(await it.balance('thief')).toBe(0)
  })
})

test('a command that contradicts its payment is parked alone, and all others of its batch are answered', async () => {
  const users = Array.from({ length: 8 }, (_, index) => `fellow-${index}`)
  await Promise.all(users.map((user) => it.charge(user, 10_000)))
  const debits = users.map((userId) => ({ paymentId: uuidv7(), userId, amount: 4_000 }))
  const [first] = debits
  if (first === undefined) throw new Error('no debit')
  await payment.sendMany('DebitWallet', [...debits, { ...first, amount: 5_000 }, ...debits])
  for (const { paymentId } of debits) {
    const replies = await payment.replies(paymentId, 2)
    expect(replies.map(({ type }) => type)).toEqual(['WalletDebited', 'WalletDebited'])
    expect(replies[1]?.id).toBe(replies[0]?.id)
  }
  const parked = await payment.deadLetters(first.paymentId, 1)
  expect(parked.map(({ value }) => value)).toEqual([{ ...first, amount: 5_000 }])
  for (const user of users) expect(await it.balance(user)).toBe(6_000)
  expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
})

describe('commands of one payment at once, as when partitions move between instances', () => {
  const apply = (paymentId: string, command: Command) =>
    applyCommands(it.wallet.ctx, [{ paymentId, command }])

  test('ten debits take the money once and are answered alike', async () => {
    await it.charge('crowd', 50_000)
    const paymentId = uuidv7()
    const command: Command = { kind: 'DEBIT', userId: 'crowd', amount: 5_000 }
    await Promise.all(Array.from({ length: 10 }, () => apply(paymentId, command)))
    const replies = await payment.replies(paymentId, 10)
    for (const { id, value } of replies) {
      expect({ id, value }).toEqual({
        id: replies[0]?.id,
        value: expect.objectContaining({ balance: 45_000 }),
      })
    }
    expect(await it.balance('crowd')).toBe(45_000)
  })

  test('a debit and its refund end with the money in the wallet, whichever is first', async () => {
    await it.charge('racer', 100_000)
    const payments = Array.from({ length: 20 }, () => uuidv7())
    await Promise.all(
      payments.flatMap((paymentId, index) => {
        const debit = () => apply(paymentId, { kind: 'DEBIT', userId: 'racer', amount: 5_000 })
        const refund = () => apply(paymentId, { kind: 'REFUND', userId: 'racer', amount: 5_000 })
        return index % 2 === 0 ? [debit(), refund()] : [refund(), debit()]
      }),
    )
    expect(await it.balance('racer')).toBe(100_000)
    expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  })
})
