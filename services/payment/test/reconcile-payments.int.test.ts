import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { PaymentFact__Output as PaymentFact } from '@frontrow/proto/gen/frontrow/audit/v1/PaymentFact'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Reconciliation } from '../src/reconcile-payments.ts'
import { listHeldAtWork } from '../src/sql/purchase-sagas.ts'
import { lowestIdAt } from '../src/uuid-time.ts'
import { beginPayments, readRows, startInstance } from './saga-instance.ts'
import type { BegunPayment, Instance } from './saga-instance.ts'

let environment: TestEnvironment
let one: Instance
let reservationFacts: PaymentFact[]
let walletFacts: PaymentFact[]
/** How many facts of payments were asked of the wallet. */
let asked: number

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  one = startInstance(environment, { RECONCILE_AFTER_MS: '60000' })
})

afterAll(async () => {
  await one.stop()
  await environment.dispose()
})

beforeEach(async () => {
  reservationFacts = []
  walletFacts = []
  asked = 0
  for (const table of ['outbox', 'saga_steps', 'card_captures', 'purchase_sagas', 'payments']) {
    await one.ctx.pool.query(`DELETE FROM ${table}`)
  }
})

const never = new AbortController().signal

const pageOf = (facts: readonly PaymentFact[], after: string, limit: number): PaymentFact[] =>
  facts
    .filter(({ paymentId }) => paymentId > after)
    .toSorted((a, b) => (a.paymentId < b.paymentId ? -1 : 1))
    .slice(0, limit)

const reconcile = () =>
  new Reconciliation(one.ctx, {
    reservationFacts: (after, limit) => Promise.resolve(pageOf(reservationFacts, after, limit)),
    walletFacts: (after, limit) => {
      const page = pageOf(walletFacts, after, limit)
      asked += page.length
      return Promise.resolve(page)
    },
  })

const none = {
  debitCount: 0,
  refundCount: 0,
  cancelReason: '',
  cancelledAtMs: 0,
  status: '',
  amount: 120_000,
}
const debit = (of: BegunPayment, refunded = 0): PaymentFact => ({
  ...none,
  ...of,
  debited: 120_000,
  refunded,
})
const cancelled = (of: BegunPayment): PaymentFact => ({
  ...none,
  ...of,
  debited: 0,
  refunded: 0,
  status: 'CANCELLED',
  cancelReason: 'SCHEDULE_CANCELLED',
  cancelledAtMs: Date.now() - 90_000,
})

/** Makes a saga that has been in a state for so many seconds; `overdueSeconds` is how long its deadline is over, where it has one. */
async function standStill(
  of: BegunPayment | undefined,
  state: string,
  { seconds = 120, overdueSeconds = null }: { seconds?: number; overdueSeconds?: number | null } = {},
): Promise<BegunPayment> {
  if (of === undefined) throw new Error('no payment was begun')
  const status = ['APPROVED', 'FAILED', 'REFUNDED'].includes(state) ? state : 'PENDING'
  await one.ctx.pool.query(
    `WITH saga AS (
       UPDATE purchase_sagas SET state = $2, money_taken = $2 NOT IN ('FAILED', 'TAKING_MONEY'),
         deadline_at = now() - make_interval(secs => $5::float8), updated_at = now() - make_interval(secs => $4)
       WHERE payment_id = $1)
     UPDATE payments SET status = $3, created_at = now() - interval '3 minutes', paid_at = CASE $3 WHEN 'APPROVED' THEN now() END
     WHERE payment_id = $1`,
    [of.paymentId, state, status, seconds, overdueSeconds],
  )
  return of
}

/** Begins so many payments that failed two days ago. */
async function beginOld(count: number): Promise<void> {
  await one.ctx.pool.query(
    `WITH old AS (
       INSERT INTO payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status)
       SELECT (left($1, 24) || lpad(to_hex(n), 12, '0'))::uuid, gen_random_uuid(), 'u', 42, 120000, 'BALANCE', 'FAILED'
       FROM generate_series(1, $2) n RETURNING payment_id)
     INSERT INTO purchase_sagas (payment_id, state, updated_at) SELECT payment_id, 'FAILED', now() - interval '2 days' FROM old`,
    [lowestIdAt(new Date(Date.now() - 172_800_000)), count],
  )
}

async function rowOf(of: BegunPayment) {
  const rows = await readRows(one.ctx.pool, [of])
  return {
    saga: Object(rows['sagas'])[0],
    capture: Object(rows['captures'])[0],
    commands: Object(rows['outbox']).map((row: { type: string }) => row.type),
  }
}

test('an APPROVED payment whose reservation was cancelled without its saga hearing of it is refunded', async () => {
  const [begun] = await beginPayments(one.ctx.pool, ['BALANCE'])
  const lost = await standStill(begun, 'APPROVED')
  walletFacts.push(debit(lost))
  reservationFacts.push(cancelled(lost))
  const reconciliation = reconcile()
  await reconciliation.round(never)
  const refunding = { state: 'REFUNDING', reason: 'SCHEDULE_CANCELLED' }
  expect(await rowOf(lost)).toMatchObject({ saga: refunding, commands: ['RefundWallet'] })
  await reconciliation.round(never)
  expect(await rowOf(lost)).toMatchObject({ saga: refunding, commands: ['RefundWallet'] })
  expect(await one.counted('sagas_reconciled_total')).toBe(1)
})

test('money that was taken for a FAILED payment is asked back, from the wallet and from the card', async () => {
  const [first, second] = await beginPayments(one.ctx.pool, ['BALANCE', 'CARD'])
  const byWallet = await standStill(first, 'FAILED')
  const byCard = await standStill(second, 'FAILED')
  await one.ctx.pool.query(`UPDATE card_captures SET status = 'CAPTURED', provider_reference = 'r'`)
  walletFacts.push(debit(byWallet))
  const reconciliation = reconcile()
  await reconciliation.round(never)
  expect(await rowOf(byWallet)).toMatchObject({ saga: { state: 'FAILED' }, commands: ['RefundWallet'] })
  expect(await rowOf(byCard)).toMatchObject({ capture: { wanted: 'REFUNDED', status: 'CAPTURED' } })
  expect(reconciliation.heldBySettled).toHaveLength(2)
  // The wallet has given it back, and the card worker as well.
  walletFacts = [debit(byWallet, 120_000)]
  await one.ctx.pool.query(`UPDATE card_captures SET status = 'REFUNDED'`)
  await reconciliation.round(never)
  expect(reconciliation.heldBySettled).toEqual([])
})

test.each([
  ['without a deadline', null],
  ['whose deadline was long ago', 120],
])('a saga %s is asked again for what it waits for', async (_name, overdueSeconds) => {
  const [begun] = await beginPayments(one.ctx.pool, ['BALANCE'])
  const stuck = await standStill(begun, 'CONFIRMING', { overdueSeconds })
  walletFacts.push(debit(stuck))
  await reconcile().round(never)
  const { saga, commands } = await rowOf(stuck)
  expect([saga.state, saga.attempts, commands]).toEqual(['CONFIRMING', 2, ['ConfirmReservation']])
  expect(saga.deadline_at).not.toBeNull()
})

test('what is well, what has just moved and what only a person can judge is left alone; the last is counted', async () => {
  const begun = await beginPayments(one.ctx.pool, ['BALANCE', 'BALANCE', 'BALANCE', 'BALANCE'])
  const well = await standStill(begun[0], 'APPROVED')
  const moved = await standStill(begun[1], 'APPROVED', { seconds: 0 })
  const forAPerson = await standStill(begun[2], 'REFUNDED')
  reservationFacts.push({ ...cancelled(well), status: 'CONFIRMED' }, cancelled(moved))
  walletFacts.push(debit(well), debit(moved), debit(forAPerson))
  const before = await readRows(one.ctx.pool, begun)
  const reconciliation = reconcile()
  await reconciliation.round(never)
  expect(await readRows(one.ctx.pool, begun)).toEqual(before)
  // The one that has just moved holds money, too, and is told when it stands still.
  expect(reconciliation.heldBySettled).toHaveLength(2)
})

test('a saga that can not be told does not keep the others from being told', async () => {
  const begun = await beginPayments(one.ctx.pool, ['BALANCE', 'BALANCE'])
  const [bad, good] = [await standStill(begun[0], 'APPROVED'), await standStill(begun[1], 'APPROVED')]
  walletFacts.push(debit(bad), debit(good))
  reservationFacts.push(cancelled(bad), cancelled(good))
  // The history of this one can't take a line more.
  await one.ctx.pool.query(
    `INSERT INTO saga_steps (payment_id, version, message, from_state, to_state) VALUES ($1, 2, 'x', 'APPROVED', 'APPROVED')`,
    [bad.paymentId],
  )
  await reconcile().round(never)
  expect((await rowOf(good)).saga.state).toBe('REFUNDING')
  expect((await rowOf(bad)).saga.state).toBe('APPROVED')
  expect(
    one.logged.filter(({ paymentId }) => paymentId === bad.paymentId).map(({ level }) => level),
  ).toContain(50)
})

test('money of settled payments that is back is counted as held no longer from the next round on, wherever the walk is', async () => {
  const reconciliation = reconcile()
  await beginOld(1_500)
  const { rows } = await one.ctx.pool.query<BegunPayment>(
    `SELECT payment_id AS "paymentId", reservation_id AS "reservationId" FROM payments ORDER BY payment_id LIMIT 2`,
  )
  const [held, still] = [await standStill(rows[0], 'APPROVED'), await standStill(rows[1], 'APPROVED')]
  walletFacts = [debit(held), debit(still)]
  await reconciliation.round(never)
  expect(reconciliation.heldBySettled).toHaveLength(2)
  // The next round walks on from the thousandth payment.
  walletFacts = [debit(held, 120_000), debit(still)]
  await reconciliation.round(never)
  expect(reconciliation.heldBySettled).toHaveLength(1)
})

test('a saga that moves on while it is taken for stuck is told nothing', async () => {
  const [begun] = await beginPayments(one.ctx.pool, ['BALANCE'])
  const late = await standStill(begun, 'REFUNDING', { overdueSeconds: 100 })
  const before = await one.counted('sagas_reconciled_total')
  await inTransaction(one.ctx.pool, async (tx) => {
    await tx.query(
      `UPDATE purchase_sagas SET deadline_at = now() + interval '1 minute' WHERE payment_id = $1`,
      [late.paymentId],
    )
    // It still sees the old deadline.
    await reconcile().round(never)
  })
  expect((await rowOf(late)).commands).toEqual([])
  expect(await one.counted('sagas_reconciled_total')).toBe(before)
  expect(one.logged.filter(({ level, paymentId }) => level === 50 && paymentId === late.paymentId)).toEqual(
    [],
  )
})

test('a round looks at so many payments and no more; old ones are found in time, and new ones at once', async () => {
  await beginOld(2_500)
  const { rows } = await one.ctx.pool.query<BegunPayment>(
    `SELECT payment_id AS "paymentId", reservation_id AS "reservationId" FROM payments ORDER BY payment_id`,
  )
  const [begun] = await beginPayments(one.ctx.pool, ['BALANCE'])
  const fresh = await standStill(begun, 'FAILED')
  walletFacts = [
    ...rows.slice(0, 2_400).map((of) => debit(of, 120_000)),
    ...rows.slice(2_400).map((of) => debit(of)),
    debit(fresh),
  ]
  const told = async () => {
    const { rows: commands } = await one.ctx.pool.query('SELECT 1 FROM outbox')
    return commands.length
  }
  const reconciliation = reconcile()
  await reconciliation.round(never)
  expect(await told()).toBe(1)
  expect(asked).toBeLessThanOrEqual(1_001)
  await reconciliation.round(never)
  expect(await told()).toBe(1)
  await reconciliation.round(never)
  expect(await told()).toBe(101)
})

test('money of sagas at work counts from when its payment began, or its ticket was cancelled', async () => {
  const begun = await beginPayments(one.ctx.pool, ['BALANCE', 'BALANCE', 'BALANCE'])
  await standStill(begun[0], 'CONFIRMING', { overdueSeconds: 0 })
  const refunding = await standStill(begun[1], 'REFUNDING', { overdueSeconds: 0 })
  await one.ctx.pool.query(`UPDATE payments SET paid_at = now() - interval '1 day' WHERE payment_id = $1`, [
    refunding.paymentId,
  ])
  // The refund was asked for a second time since, so that the saga's own time says nothing any more.
  await one.ctx.pool.query('UPDATE purchase_sagas SET attempts = 2 WHERE payment_id = $1', [
    refunding.paymentId,
  ])
  await one.ctx.pool.query(
    `INSERT INTO saga_steps (payment_id, version, message, from_state, to_state, at)
     VALUES ($1, 2, 'ReservationCancelled', 'APPROVED', 'REFUNDING', now() - interval '10 seconds')`,
    [refunding.paymentId],
  )
  const ages = (await listHeldAtWork(one.ctx.pool)).map((since) =>
    Math.round((Date.now() - since.getTime()) / 10_000),
  )
  expect(ages).toEqual([18, 1])
})
