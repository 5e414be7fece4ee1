import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Alarm } from '@frontrow/messaging/wake-up'
import { messageHandlers } from '../src/messages.ts'
import { remindSagas } from '../src/remind-sagas.ts'
import { orderRefunds } from '../src/sql/card-captures.ts'
import { listDueSagas, lockDueSagas } from '../src/sql/purchase-sagas.ts'
import { CardWorker } from '../src/work-cards.ts'
import { beginPayments, incoming, readRows, startInstance } from './saga-instance.ts'
import type { Instance } from './saga-instance.ts'

const REPLY_WAIT_MAX_MS = 60_000

let environment: TestEnvironment
let admin: Pool
let one: Instance
let two: Instance

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  one = startInstance(environment, { SAGA_REPLY_WAIT_MAX_MS: String(REPLY_WAIT_MAX_MS) })
  two = startInstance(environment)
  admin = openPatientPool(environment.adminDatabaseUrl, { max: 2 })
})

afterAll(async () => {
  await one.stop()
  await two.stop()
  await admin.end()
  await environment.dispose()
})

// A saga that one test leaves due would be reminded in the next one.
beforeEach(() => admin.query('UPDATE payment.purchase_sagas SET deadline_at = NULL'))

const never = new AbortController().signal
const past = () => new Date(Date.now() - 1_000)
const byWallet = (count: number) => Array.from({ length: count }, () => 'BALANCE' as const)

test('a hundred sagas are reminded in one round, which says that there may be more; each command is sent again under its id', async () => {
  const payments = await beginPayments(one.ctx.pool, byWallet(130), past())
  expect(await remindSagas(one.ctx, never)).toBe(true)
  expect(await remindSagas(one.ctx, never)).toBe(false)
  expect(await remindSagas(one.ctx, never)).toBe(false)
  const rows = await readRows(one.ctx.pool, payments)
  expect(rows['sagas']).toEqual(
    payments.map(() => expect.objectContaining({ state: 'TAKING_MONEY', attempts: 2, version: 2 })),
  )
  expect(rows['outbox']).toHaveLength(130)
  expect(rows['outbox']).toEqual(
    payments.map((_, place) => expect.objectContaining({ command_id: `DebitWallet of ${place}` })),
  )
})

test('a saga that can not be reminded does not stop the others, and is looked at again after the longest wait', async () => {
  const payments = await beginPayments(one.ctx.pool, byWallet(12), past())
  const bad = payments[3]?.paymentId
  await admin.query(`
    ALTER TABLE payment.saga_steps ADD CONSTRAINT refuse_one CHECK (payment_id <> '${bad}') NOT VALID`)
  one.logged.length = 0
  await remindSagas(one.ctx, never)
  await admin.query('ALTER TABLE payment.saga_steps DROP CONSTRAINT refuse_one')
  const { rows } = await admin.query<{ payment_id: string; attempts: number; waits: boolean }>(
    `SELECT payment_id, attempts, deadline_at > now() + make_interval(secs => $2) AS waits
     FROM payment.purchase_sagas WHERE payment_id = ANY ($1) ORDER BY payment_id`,
    [payments.map(({ paymentId }) => paymentId), REPLY_WAIT_MAX_MS / 1_000 - 10],
  )
  expect(rows).toEqual(
    payments.map(({ paymentId }) => ({
      payment_id: paymentId,
      attempts: paymentId === bad ? 1 : 2,
      waits: paymentId === bad,
    })),
  )
  expect(one.logged.filter(({ level }) => level >= 50)).toMatchObject([{ paymentId: bad }])
})

test('a deadline that passes in the same moment as the reply: the saga is reminded before the reply or not at all', async () => {
  for (let round = 0; round < 15; round += 1) {
    const payments = await beginPayments(one.ctx.pool, byWallet(30), past())
    const replies = payments.map(({ paymentId }) => incoming(paymentId, { type: 'WalletDebited' }))
    const middle = (round * 2) % 30
    await Promise.all([
      messageHandlers(one.ctx).handleMany(replies.slice(0, middle)),
      remindSagas(two.ctx, never),
      remindSagas(one.ctx, never),
      messageHandlers(two.ctx).handleMany(replies.slice(middle)),
    ])
    const rows = await readRows(one.ctx.pool, payments)
    expect(rows['sagas']).toEqual(
      payments.map(() => expect.objectContaining({ state: 'CONFIRMING', attempts: 1 })),
    )
    for (const place of payments.keys()) {
      const messages = await admin.query<{ messages: string[] }>(
        'SELECT array_agg(message ORDER BY version) AS messages FROM payment.saga_steps WHERE payment_id = $1',
        [payments[place]?.paymentId],
      )
      expect([['WalletDebited'], ['DeadlinePassed', 'WalletDebited']]).toContainEqual(
        messages.rows[0]?.messages,
      )
    }
  }
})

test('a saga that got its reply after it was listed is not locked for a reminder', async () => {
  const payments = await beginPayments(one.ctx.pool, byWallet(2), past())
  const due = await listDueSagas(one.ctx.pool, new Date(), 10)
  expect(due.toSorted()).toEqual(payments.map(({ paymentId }) => paymentId))
  await messageHandlers(two.ctx).handleMany([incoming(due[0] ?? '', { type: 'WalletDebited' })])
  const locked = await inTransaction(one.ctx.pool, (tx) => lockDueSagas(tx, due, new Date()))
  expect(locked).toEqual([due[1]])
})

test('a saga whose reply is being applied is not waited for, and is not reminded after it', async () => {
  const payments = await beginPayments(one.ctx.pool, byWallet(2), past())
  const [replied, silent] = payments.map(({ paymentId }) => paymentId)
  await inTransaction(one.ctx.pool, async (tx) => {
    await tx.query('SELECT 1 FROM purchase_sagas WHERE payment_id = $1 FOR UPDATE', [replied])
    await remindSagas(two.ctx, never)
  })
  const { rows } = await admin.query(
    'SELECT payment_id FROM payment.saga_steps WHERE payment_id = ANY ($1)',
    [[replied, silent]],
  )
  expect(rows).toEqual([{ payment_id: silent }])
})

test("a refund that is ordered while the provider's answer is noted waits for it, and is then made", async () => {
  const [payment] = await beginPayments(one.ctx.pool, ['CARD'])
  if (payment === undefined) throw new Error('no payment')
  const alarm = new Alarm()
  const worker = new CardWorker({ ...one.ctx, cardWork: alarm }, alarm)
  await inTransaction(two.ctx.pool, async (tx) => {
    await tx.query('SELECT 1 FROM purchase_sagas WHERE payment_id = $1 FOR UPDATE', [payment.paymentId])
    worker.start()
    await eventually(async () => {
      const { rows } = await admin.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      expect(rows).toHaveLength(1)
    })
    await tx.query(`SET LOCAL lock_timeout = '300ms'`)
    await orderRefunds(tx, [payment.paymentId])
    await tx.query(`UPDATE purchase_sagas SET state = 'REFUNDING', version = 2 WHERE payment_id = $1`, [
      payment.paymentId,
    ])
  })
  await eventually(async () => {
    const rows = await readRows(one.ctx.pool, [payment])
    expect(rows).toMatchObject({
      sagas: [{ state: 'REFUNDED' }],
      captures: [{ wanted: 'REFUNDED', status: 'REFUNDED' }],
      outbox: [{ type: 'PaymentRefunded' }],
    })
  })
  await worker.stop()
})
