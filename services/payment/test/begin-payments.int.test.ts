import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { uuidv7 } from 'uuidv7'
import type { PaymentToBegin } from '../src/begin-payments.ts'
import { beginSaga } from '../src/purchase-saga.ts'
import { beginPayments } from '../src/sql/begin-payments.ts'
import type { NewPayment } from '../src/sql/begin-payments.ts'
import { startInstance } from './saga-instance.ts'
import type { Instance } from './saga-instance.ts'

let environment: TestEnvironment
let admin: Pool
let one: Instance
let two: Instance

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  one = startInstance(environment)
  two = startInstance(environment)
  admin = openPatientPool(environment.adminDatabaseUrl, { max: 2 })
})

afterAll(async () => {
  await one.stop()
  await two.stop()
  await admin.end()
  await environment.dispose()
})

function toBegin(reservationId: string = randomUUID(), cardToken: string | null = null): PaymentToBegin {
  return {
    payment: {
      paymentId: uuidv7(),
      reservationId,
      userId: '101',
      scheduleId: 42,
      amount: 120_000,
      paymentMethod: cardToken === null ? 'BALANCE' : 'CARD',
    },
    reserved: { reservationNumber: 'FR-0000000001', seats: [] },
    key: { userId: '101', idempotencyKey: randomUUID(), requestHash: Buffer.from('same') },
    cardToken,
    trace: undefined,
  }
}

/** Begins them in one turn of the event loop, so that they share a statement. */
const together = (payments: readonly PaymentToBegin[]) =>
  Promise.allSettled(payments.map((payment) => one.ctx.beginnings.add('all', payment)))

async function stored(payments: readonly PaymentToBegin[]): Promise<boolean[]> {
  const { rows } = await admin.query<{ id: string }>('SELECT payment_id AS id FROM payment.payments')
  const ids = new Set(rows.map(({ id }) => id))
  return payments.map(({ payment }) => ids.has(payment.paymentId))
}

/** Keeps the payment of a reservation uncommitted while `during` runs, and rolls it back. */
async function whileBeginning(reservationId: string, during: () => Promise<void>): Promise<void> {
  const rolledBack = new Error('rolled back')
  const session = inTransaction(two.ctx.pool, async (tx) => {
    await tx.query(
      `INSERT INTO payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status)
       VALUES ($1, $2, 'other', 42, 1, 'BALANCE', 'PENDING')`,
      [uuidv7(), reservationId],
    )
    await during()
    throw rolledBack
  })
  await expect(session).rejects.toBe(rolledBack)
}

test('payments that have begun are told so, though the look for what the others repeat fails', async () => {
  const first = toBegin()
  await together([first])
  const [fresh, repeat] = [toBegin(), { ...toBegin(), key: first.key }]
  // Only the look reads this column.
  await admin.query('ALTER TABLE payment.payments RENAME COLUMN ended_at TO unreadable')
  const answers = await together([fresh, repeat])
  await admin.query('ALTER TABLE payment.payments RENAME COLUMN unreadable TO ended_at')
  expect(answers).toMatchObject([
    { status: 'fulfilled', value: { payment: { paymentId: fresh.payment.paymentId }, isRepeat: false } },
    { status: 'rejected', reason: { code: '42703' } },
  ])
  expect(await stored([fresh, repeat])).toEqual([true, false])
})

test('payments that are begun one by one are all refused once the database has not answered one in time', async () => {
  const taken = randomUUID()
  const payments = [toBegin(randomUUID(), 'tok\u0000'), toBegin(), toBegin(taken), toBegin(taken), toBegin()]
  let answers: Awaited<ReturnType<typeof together>> = []
  await whileBeginning(taken, async () => {
    answers = await together(payments)
  })
  const late = { status: 'rejected', reason: { code: '55P03' } }
  expect(answers).toMatchObject([
    { status: 'rejected', reason: { code: '22021' } },
    { status: 'fulfilled' },
    late,
    late,
    late,
  ])
  expect(await stored(payments)).toEqual([false, true, false, false, false])
})

test('two instances that begin payments of the same reservations in other orders do not block each other', async () => {
  const [a = '', b = '', c = ''] = [randomUUID(), randomUUID(), randomUUID()].toSorted()
  const begin = (instance: Instance, reservationIds: readonly string[]) =>
    beginPayments(
      instance.ctx.pool,
      reservationIds.map((reservationId) => withSaga(toBegin(reservationId))),
    )
  let begun: Promise<{ paymentId: string }[][]> = Promise.resolve([])
  await whileBeginning(c, async () => {
    begun = Promise.all([begin(one, [a, c, b]), begin(two, [b, c, a])])
    begun.catch(() => undefined)
    await eventually(async () => {
      const { rows } = await admin.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      expect(rows).toHaveLength(2)
    })
  })
  expect((await begun).map(({ length }) => length)).toEqual(expect.arrayContaining([0, 3]))
})

function withSaga({ trace: _trace, ...beginning }: PaymentToBegin): NewPayment {
  const limits = { replyWaitMs: 1_000, replyWaitMaxMs: 1_000, takingMoneyAttemptsMax: 2 }
  const { saga, deadlineAt } = beginSaga(beginning.payment.paymentMethod, new Date(), limits)
  return { ...beginning, saga, deadlineAt, command: null }
}
