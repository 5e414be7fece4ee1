import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { UnreadableMessageError } from '@frontrow/messaging/envelope'
import type { Incoming } from '@frontrow/messaging/handlers'
import { inTransaction } from '@frontrow/postgres/transaction'
import { eventually } from '@frontrow/test-kit/eventually'
import { handOver } from '@frontrow/test-kit/hand-over'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import fc from 'fast-check'
import { uuidv7 } from 'uuidv7'
import type { SagaNews } from '../src/advance-purchase-sagas.ts'
import { advancePurchaseSagas, sagaLimits } from '../src/advance-purchase-sagas.ts'
import { messageHandlers } from '../src/messages.ts'
import { beginSaga, decide } from '../src/purchase-saga.ts'
import type { PurchaseSaga, SagaMessage } from '../src/purchase-saga.ts'
import { findPayment } from '../src/sql/payments.ts'
import { beginPayments, incoming, readRows, startInstance } from './saga-instance.ts'
import type { BegunPayment, Instance } from './saga-instance.ts'

let environment: TestEnvironment
let one: Instance
let two: Instance
const instances: Instance[] = []

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  one = startInstance(environment)
  two = startInstance(environment)
  instances.push(one, two)
})

afterAll(async () => {
  for (const instance of instances) await instance.stop()
  await environment.dispose()
})

const everyMessage: readonly SagaMessage[] = [
  { type: 'WalletDebited' },
  { type: 'WalletDebitRefused', reason: 'INSUFFICIENT_BALANCE' },
  { type: 'WalletRefunded', refundedAmount: 120_000 },
  { type: 'WalletRefunded', refundedAmount: 0 },
  { type: 'CardCaptured' },
  { type: 'CardDeclined', reason: 'STOLEN' },
  { type: 'CardRefunded', refundedAmount: 120_000 },
  { type: 'ReservationConfirmed' },
  { type: 'ReservationConfirmRefused', reason: 'RESERVATION_EXPIRED' },
  { type: 'ReservationCancelled', reason: 'USER_CANCELLED' },
  { type: 'DeadlinePassed' },
]
const methods = ['BALANCE', 'CARD', 'BALANCE', 'CARD', 'BALANCE'] as const
const courses = fc.record({
  picks: fc.array(fc.record({ saga: fc.nat(methods.length - 1), message: fc.nat(), repeats: fc.nat(8) }), {
    minLength: 1,
    maxLength: 40,
  }),
  sizes: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 }),
})

/** A line of messages that can be right, by the place of their payment; one in nine comes a second time under its id. */
function lineOf(picks: readonly { saga: number; message: number; repeats: number }[], now: Date) {
  const limits = sagaLimits(one.ctx)
  const sagas: PurchaseSaga[] = methods.map((method) => beginSaga(method, now, limits).saga)
  const line: { place: number; number: number; message: SagaMessage }[] = []
  for (const [number, { saga: place, message: pick, repeats }] of picks.entries()) {
    const saga = sagas[place]
    if (saga === undefined) throw new Error('there is no such saga')
    const possible = everyMessage.filter(
      (candidate) => decide(saga, candidate, now, limits).kind !== 'impossible',
    )
    const message = possible[pick % possible.length]
    if (message === undefined) throw new Error('no message can be right')
    const decision = decide(saga, message, now, limits)
    if (decision.kind === 'advance') sagas[place] = decision.saga
    line.push({ place, number, message })
    const before = line[line.length - 1 - (pick % line.length)]
    if (repeats === 0 && before !== undefined) line.push(before)
  }
  return line
}

/** The same line about other payments, with message ids that they don't share. */
function about(payments: readonly BegunPayment[], line: ReturnType<typeof lineOf>): Incoming<SagaNews>[] {
  const byNumber = new Map<number, Incoming<SagaNews>>()
  return line.map(({ place, number, message }) => {
    const known = byNumber.get(number)
    const made =
      known ?? incoming(payments[place]?.paymentId ?? '', message, { requestId: `message-${number}` })
    byNumber.set(number, made)
    return made
  })
}

test('messages in batches of any size do what they do one after the other: sagas, steps, payments, captures, outbox', async () => {
  const now = new Date('2027-03-01T12:00:00.123Z')
  const handlers = messageHandlers({ ...one.ctx, now: () => now })
  await fc.assert(
    fc.asyncProperty(courses, async ({ picks, sizes }) => {
      const line = lineOf(picks, now)
      const singly = await beginPayments(one.ctx.pool, methods, now)
      const together = await beginPayments(one.ctx.pool, methods, now)
      const alone = about(singly, line)
      for (const message of alone) await handlers.handleMany([message])
      // The two runs share their traces, so that the rows can be compared with them.
      const inBatches = about(together, line).map((message, at) => ({
        ...message,
        trace: alone[at]?.trace ?? message.trace,
      }))
      for (let from = 0, batch = 0; from < inBatches.length; batch += 1) {
        const size = sizes[batch % sizes.length] ?? 1
        await handlers.handleMany(inBatches.slice(from, from + size))
        from += size
      }
      expect(await readRows(one.ctx.pool, together)).toEqual(await readRows(one.ctx.pool, singly))
    }),
    { numRuns: 60 },
  )
})

test('a whole purchase in one batch: each message is decided on what the one before made of the saga', async () => {
  const payments = await beginPayments(one.ctx.pool, ['BALANCE', 'BALANCE'])
  const [first, second] = payments
  if (first === undefined || second === undefined) throw new Error('no payments')
  const settled = one.ctx.settled.wait(first.paymentId, 5_000)
  one.logged.length = 0
  const id = first.paymentId
  await messageHandlers(one.ctx).handleMany([
    incoming(id, { type: 'WalletDebited' }, { requestId: 'debited' }),
    incoming(id, { type: 'ReservationConfirmed' }, { requestId: 'confirmed' }),
    incoming(
      second.paymentId,
      { type: 'WalletDebitRefused', reason: 'INSUFFICIENT_BALANCE' },
      { requestId: 'refused' },
    ),
    incoming(id, { type: 'ReservationCancelled', reason: 'USER_CANCELLED' }, { requestId: 'cancelled' }),
    incoming(id, { type: 'WalletRefunded', refundedAmount: 120_000 }, { requestId: 'refunded' }),
  ])
  const rows = await readRows(one.ctx.pool, payments)
  expect(rows['sagas']).toMatchObject([
    { state: 'REFUNDED', version: 5, money_taken: true, deadline_at: null, reason: 'USER_CANCELLED' },
    { state: 'FAILED', version: 2, money_taken: false, deadline_at: null, reason: 'INSUFFICIENT_BALANCE' },
  ])
  expect(rows['steps']).toMatchObject([
    { payment_id: 'payment 0', version: 2, message: 'WalletDebited', to_state: 'CONFIRMING' },
    { payment_id: 'payment 0', version: 3, message: 'ReservationConfirmed', to_state: 'APPROVED' },
    { payment_id: 'payment 0', version: 4, message: 'ReservationCancelled', to_state: 'REFUNDING' },
    { payment_id: 'payment 0', version: 5, message: 'WalletRefunded', to_state: 'REFUNDED' },
    { payment_id: 'payment 1', version: 2, message: 'WalletDebitRefused', to_state: 'FAILED' },
  ])
  expect(rows['outbox']).toMatchObject([
    {
      type: 'ConfirmReservation',
      command_id: 'ConfirmReservation of 0',
      message_key: 'reservation 0',
      request_id: 'debited',
    },
    { type: 'PaymentApproved', command_id: null, message_key: 'reservation 0', request_id: 'confirmed' },
    { type: 'PaymentFailed', message_key: 'reservation 1', request_id: 'refused' },
    {
      type: 'RefundWallet',
      command_id: 'RefundWallet of 0',
      message_key: 'payment 0',
      request_id: 'cancelled',
    },
    { type: 'PaymentRefunded', message_key: 'reservation 0', request_id: 'refunded' },
  ])
  const stored = await findPayment(one.ctx.pool, id)
  expect(stored).toMatchObject({ status: 'REFUNDED', paidAt: expect.any(Date), endedAt: expect.any(Date) })
  expect(await settled).toEqual(stored)
  // An operator reads one line for each end, under the trace of the message that brought it.
  const told = one.logged.filter(({ level }) => level >= 30)
  expect(told).toMatchObject([
    { msg: 'payment settled', paymentId: id, from: 'PENDING', to: 'APPROVED', requestId: 'confirmed' },
    { msg: 'payment settled', paymentId: second.paymentId, to: 'FAILED', requestId: 'refused' },
    { msg: 'payment settled', paymentId: id, from: 'APPROVED', to: 'REFUNDED', requestId: 'refunded' },
  ])
})

test('a repeat in the same batch or in a later one changes nothing, also where the saga would act on it again', async () => {
  const payments = await beginPayments(one.ctx.pool, ['BALANCE'])
  const paymentId = payments[0]?.paymentId ?? ''
  const { handleMany } = messageHandlers(one.ctx)
  await handleMany([incoming(paymentId, { type: 'WalletDebitRefused', reason: 'INSUFFICIENT_BALANCE' })])
  const late = incoming(paymentId, { type: 'WalletDebited' })
  await handleMany([late, late])
  await handleMany([late])
  expect(await readRows(one.ctx.pool, payments)).toMatchObject({
    sagas: [{ state: 'FAILED', version: 3 }],
    outbox: [{ type: 'PaymentFailed' }, { type: 'RefundWallet' }],
  })
})

test('fifty messages cost as many statements as one', async () => {
  const { ctx } = one
  const statements = (payments: readonly BegunPayment[], message: SagaMessage): Promise<number> =>
    inTransaction(ctx.pool, async (tx) => {
      const query = jest.spyOn(tx, 'query')
      await advancePurchaseSagas(
        ctx,
        tx,
        payments.map(({ paymentId }) => ({ paymentId, message })),
      )
      const count = query.mock.calls.length
      query.mockRestore()
      return count
    })
  const many = await beginPayments(
    ctx.pool,
    Array.from({ length: 50 }, () => 'BALANCE' as const),
  )
  // Lock and load, save sagas with their steps, enqueue; where a payment ends, its status too.
  expect(await statements(many, { type: 'WalletDebited' })).toBe(3)
  expect(await statements(many, { type: 'ReservationConfirmed' })).toBe(4)
  expect(await statements(many, { type: 'ReservationConfirmed' })).toBe(1)
})

test('a message of no saga fails its whole batch, and so does one that can not be right, which is counted when it is alone', async () => {
  const payments = await beginPayments(one.ctx.pool, ['BALANCE', 'BALANCE'])
  const [good, bad] = payments.map(({ paymentId }) => paymentId)
  if (good === undefined || bad === undefined) throw new Error('no payments')
  const before = await readRows(one.ctx.pool, payments)
  const { handleMany } = messageHandlers(one.ctx)
  const debited = incoming(good, { type: 'WalletDebited' })
  const impossible = incoming(bad, { type: 'ReservationConfirmed' })
  const unknown = incoming(uuidv7(), { type: 'WalletDebited' })
  // The others of the batch may be repeats: what counts is how many were handed out.
  const repeated = incoming(good, { type: 'ReservationConfirmed' })
  await expect(handleMany([debited, impossible])).rejects.toThrow("can't be right")
  await expect(handleMany([debited, unknown])).rejects.toThrow('there is no saga')
  expect(await readRows(one.ctx.pool, payments)).toEqual(before)
  expect(await one.counted('saga_impossible_messages_total')).toBe(0)
  await handleMany([debited, repeated])
  await expect(handleMany([repeated, impossible])).rejects.toThrow(UnreadableMessageError)
  expect(await one.counted('saga_impossible_messages_total')).toBe(0)
  await expect(handleMany([impossible])).rejects.toThrow(UnreadableMessageError)
  expect(await one.counted('saga_impossible_messages_total')).toBe(1)
})

test('a payment id in capital letters names the same payment', async () => {
  const payments = await beginPayments(one.ctx.pool, ['BALANCE'])
  const value = { paymentId: payments[0]?.paymentId.toUpperCase(), userId: 'fan', amount: 1, balance: 0 }
  const message = { id: uuidv7(), type: 'WalletDebited', source: '', time: new Date(), key: '', topic: '' }
  const noTrace = { traceparent: undefined, requestId: undefined }
  await handOver(messageHandlers(one.ctx), [{ ...message, ...noTrace, value }])
  expect((await readRows(one.ctx.pool, payments))['sagas']).toMatchObject([{ state: 'CONFIRMING' }])
})

test('two instances with overlapping batches apply each message once', async () => {
  for (let round = 0; round < 10; round += 1) {
    const payments = await beginPayments(
      one.ctx.pool,
      Array.from({ length: 40 }, () => 'BALANCE' as const),
    )
    const debited = payments.map(({ paymentId }) => incoming(paymentId, { type: 'WalletDebited' }))
    const confirmed = payments.map(({ paymentId }) => incoming(paymentId, { type: 'ReservationConfirmed' }))
    // After a rebalance the second one has what the first one has in hand, and more; and partitions come in another order.
    await Promise.all([
      messageHandlers(one.ctx).handleMany([...debited, ...confirmed.slice(0, 25)]),
      messageHandlers(two.ctx).handleMany([...debited.toReversed(), ...confirmed.toReversed()]),
    ])
    const rows = await readRows(one.ctx.pool, payments)
    expect(rows['sagas']).toEqual(
      payments.map(() => expect.objectContaining({ state: 'APPROVED', version: 3 })),
    )
    expect(rows['steps']).toHaveLength(80)
    expect(rows['outbox']).toHaveLength(80)
  }
})

test('sagas are locked in the order of their ids, whatever the order of the messages and of the rows', async () => {
  const { pool } = one.ctx
  const payments = await beginPayments(pool, ['BALANCE', 'BALANCE', 'BALANCE'])
  const [first, held, last] = payments.map(({ paymentId }) => paymentId)
  // A new version of a row comes behind the others in its table, and a scan of the table finds it last.
  await pool.query('UPDATE purchase_sagas SET attempts = attempts WHERE payment_id = $1', [first])
  await pool.query('UPDATE payments SET reason = reason WHERE payment_id = $1', [first])
  const scanning = startInstance(environment)
  instances.push(scanning)
  scanning.ctx.pool.on('connect', (client) => {
    void client.query('SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_mergejoin = off')
  })
  const free = 'SELECT payment_id FROM purchase_sagas WHERE payment_id = ANY ($1) FOR UPDATE SKIP LOCKED'
  let applied: Promise<void> | undefined
  await inTransaction(pool, async (tx) => {
    await tx.query('SELECT 1 FROM purchase_sagas WHERE payment_id = $1 FOR UPDATE', [held])
    applied = messageHandlers(scanning.ctx).handleMany(
      [last, held, first].map((id) => incoming(id ?? '', { type: 'WalletDebited' })),
    )
    await eventually(async () => {
      const { rows } = await pool.query(free, [[first, last]])
      expect(rows).toEqual([{ payment_id: last }])
    })
  })
  await applied
  const rows = await readRows(pool, payments)
  expect(rows['sagas']).toEqual(payments.map(() => expect.objectContaining({ state: 'CONFIRMING' })))
})

test('a batch that has waited for a saga goes on from what the other one saved', async () => {
  const payments = await beginPayments(one.ctx.pool, ['BALANCE'])
  const paymentId = payments[0]?.paymentId ?? ''
  let applied: Promise<void> | undefined
  await inTransaction(one.ctx.pool, async (tx) => {
    await advancePurchaseSagas(one.ctx, tx, [
      { paymentId, message: { type: 'WalletDebited' } },
      { paymentId, message: { type: 'ReservationConfirmed' } },
    ])
    applied = messageHandlers(two.ctx).handleMany([
      incoming(paymentId, { type: 'ReservationCancelled', reason: 'USER_CANCELLED' }),
      incoming(paymentId, { type: 'WalletRefunded', refundedAmount: 120_000 }),
    ])
    await eventually(async () => {
      const { rows } = await one.ctx.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      expect(rows).toHaveLength(1)
    })
  })
  await applied
  expect(await readRows(one.ctx.pool, payments)).toMatchObject({
    sagas: [{ state: 'REFUNDED', version: 5 }],
    payments: [{ status: 'REFUNDED', paid_at: expect.any(String), ended_at: expect.any(String) }],
  })
})

test('the card worker is woken for a refund after the commit, and not for a wallet', async () => {
  let woken = 0
  const ctx = { ...one.ctx, cardWork: { wake: () => (woken += 1) } }
  const payments = await beginPayments(ctx.pool, ['CARD', 'BALANCE'])
  const [byCard, byWallet] = payments.map(({ paymentId }) => paymentId)
  const refused: SagaMessage = { type: 'ReservationConfirmRefused', reason: 'RESERVATION_EXPIRED' }
  const { handleMany } = messageHandlers(ctx)
  await handleMany([
    incoming(byWallet ?? '', { type: 'WalletDebited' }),
    incoming(byWallet ?? '', refused),
    incoming(byCard ?? '', { type: 'CardCaptured' }),
  ])
  expect(woken).toBe(0)
  await handleMany([incoming(byCard ?? '', refused)])
  expect(woken).toBe(1)
  expect(await readRows(ctx.pool, payments)).toMatchObject({ captures: [{ wanted: 'REFUNDED' }] })
})
