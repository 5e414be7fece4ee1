import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { InteractiveCardProvider } from '@frontrow/card-provider/card-provider'
import { createSimulatedCardProvider } from '@frontrow/card-provider/simulated-card-provider'
import { Alarm } from '@frontrow/messaging/wake-up'
import { inTransaction } from '@frontrow/postgres/transaction'
import { BreakerOpenError } from '@frontrow/service-host/breaker'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import {
  findOpenCapture,
  leaseOrders,
  orderRefunds,
  postponeOrder,
  storeAction,
} from '../src/sql/card-captures.ts'
import type { CardLane, CardOrder } from '../src/sql/card-captures.ts'
import { listPaymentFacts } from '../src/sql/payments.ts'
import { takeEvent } from '../src/sql/provider-events.ts'
import { CardWorker } from '../src/work-cards.ts'
import { beginPayments, startInstance } from './saga-instance.ts'
import type { Instance } from './saga-instance.ts'

const LEASE_MS = 60_000

let environment: TestEnvironment
let one: Instance
let two: Instance

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  one = startInstance(environment)
  two = startInstance(environment)
})

afterAll(async () => {
  await one.stop()
  await two.stop()
  await environment.dispose()
})

// What one test leaves open would be taken up by the next one.
beforeEach(() => one.ctx.pool.query('UPDATE card_captures SET due_at = NULL'))

const byCard = (count: number) =>
  beginPayments(
    one.ctx.pool,
    Array.from({ length: count }, () => 'CARD' as const),
  )
const lease = (places: Partial<Record<CardLane, number>>, by = one): Promise<CardOrder[]> => {
  const lanes: CardLane[] = ['capture', 'capture again', 'question', 'void', 'refund', 'refund again']
  return leaseOrders(by.ctx.pool, LEASE_MS, new Map(lanes.map((lane) => [lane, places[lane] ?? 0])))
}
const all = { capture: 100, 'capture again': 100, question: 100, void: 100, refund: 100, 'refund again': 100 }
const idsOf = (orders: readonly { paymentId: string }[]) =>
  orders.map(({ paymentId }) => paymentId).toSorted()

function workers(instances: readonly Instance[], cardProvider: InteractiveCardProvider): CardWorker[] {
  return instances.map(({ ctx }) => {
    const alarm = new Alarm()
    return new CardWorker({ ...ctx, cardProvider, cardWork: alarm }, alarm)
  })
}

test('an order is leased once, by whoever asks first, until its lease runs out', async () => {
  const payments = await byCard(60)
  const leased = await Promise.all([lease(all), lease(all, two), lease(all), lease(all, two)])
  expect(idsOf(leased.flat())).toEqual(idsOf(payments))
  expect(await lease(all)).toEqual([])
  // Its provider has news of one, which makes it due; but a call about it is at work.
  const [woken] = payments
  if (woken === undefined) throw new Error('no payment')
  const event = { type: 'payment_intent.succeeded', kind: 'capture', reference: null, status: null } as const
  const more = {
    eventId: 'evt_1',
    paymentId: woken.paymentId,
    reason: null,
    amount: null,
    happenedAt: new Date(),
  }
  expect(await takeEvent(one.ctx.pool, { ...event, ...more })).toBe('woke')
  await inTransaction(one.ctx.pool, (tx) => orderRefunds(tx, [payments[1]?.paymentId ?? '']))
  expect(await lease(all)).toEqual([])
  await one.ctx.pool.query(
    `UPDATE card_captures SET leased_until = now() - interval '1 ms', due_at = now() - interval '1 ms' WHERE payment_id = $1`,
    [woken.paymentId],
  )
  const [again, ...rest] = await lease(all, two)
  expect([again?.paymentId, again?.lane, again?.attempts, rest]).toEqual([
    woken.paymentId,
    'capture again',
    2,
    [],
  ])
})

test('an order whose call failed comes again after its pause, and not before; who lost the lease changes nothing', async () => {
  await byCard(1)
  const [first] = await lease({ capture: 1 })
  if (first === undefined) throw new Error('no order')
  await postponeOrder(one.ctx.pool, first, 30_000, 'no answer')
  expect(await lease(all)).toEqual([])
  await one.ctx.pool.query('UPDATE card_captures SET due_at = now() WHERE payment_id = $1', [first.paymentId])
  const [second] = await lease(all)
  expect(second).toMatchObject({ paymentId: first.paymentId, attempts: 2 })
  await postponeOrder(one.ctx.pool, first, 0, 'late')
  expect(await lease(all)).toEqual([])
  const { rows } = await one.ctx.pool.query('SELECT last_error FROM card_captures WHERE payment_id = $1', [
    first.paymentId,
  ])
  expect(rows).toEqual([{ last_error: 'no answer' }])
})

test('an order whose news come while a call about it is at work is taken up again at once after it', async () => {
  const [payment] = await byCard(1)
  const paymentId = payment?.paymentId ?? ''
  const news = async (eventId: string) =>
    takeEvent(one.ctx.pool, {
      eventId,
      type: 'payment_intent.succeeded',
      kind: 'capture',
      paymentId,
      reference: null,
      status: null,
      reason: null,
      amount: null,
      happenedAt: new Date(),
    })
  const [first] = await lease(all)
  if (first === undefined) throw new Error('no order')
  expect(await news('evt_2')).toBe('woke')
  await postponeOrder(one.ctx.pool, first, 30_000, 'no answer')
  const [second] = await lease(all)
  expect(second).toMatchObject({ paymentId, attempts: 2 })
  expect([await news('evt_2'), await news('evt_3')]).toEqual(['repeated', 'woke'])
  const action = { type: 'redirect_to_url', url: 'https://bank.example' } as const
  const until = new Date(Date.now() + 60_000)
  await inTransaction(one.ctx.pool, (tx) =>
    storeAction(tx, paymentId, { reference: 'pi_1', nextAction: action, until, askInMs: 30_000 }),
  )
  const [question] = await lease(all)
  expect(question).toMatchObject({ paymentId, lane: 'question', attempts: 1, providerReference: 'pi_1' })
})

test('each lane gives as many orders as it has places, the longest due first, whatever the others hold', async () => {
  const payments = await byCard(7)
  const [refunded, givenUp, ...captures] = payments.map(({ paymentId }) => paymentId)
  await one.ctx.pool.query(`UPDATE card_captures SET status = 'CAPTURED' WHERE payment_id = $1`, [refunded])
  await inTransaction(one.ctx.pool, (tx) => orderRefunds(tx, [refunded ?? '', givenUp ?? '']))
  for (const [place, paymentId] of captures.entries()) {
    await one.ctx.pool.query(
      `UPDATE card_captures SET due_at = now() - make_interval(secs => $2) WHERE payment_id = $1`,
      [paymentId, place],
    )
  }
  const leased = await lease({ capture: 2, refund: 5 })
  expect(leased.map(({ lane, paymentId }) => `${lane} ${paymentId}`).toSorted()).toEqual(
    [`capture ${captures[4]}`, `capture ${captures[3]}`, `refund ${refunded}`].toSorted(),
  )
  expect(await lease({ capture: 0, refund: 5 })).toEqual([])
  expect(await lease({ void: 5 })).toMatchObject([{ lane: 'void', paymentId: givenUp }])
})

test('workers of two instances call the provider once for each capture, however long its answer takes', async () => {
  const calls: string[] = []
  const simulator = createSimulatedCardProvider({ lateMs: 0 })
  const provider: InteractiveCardProvider = {
    ...simulator,
    async captureInteractively(request) {
      calls.push(request.idempotencyKey)
      // Longer than the workers look again.
      await delay(1_300, undefined, { signal: request.signal })
      return simulator.captureInteractively(request)
    },
  }
  const payments = await byCard(40)
  const both = workers([one, two], provider)
  for (const worker of both) worker.start()
  await eventually(async () => {
    const { rows } = await one.ctx.pool.query(
      `SELECT count(*)::int AS count FROM card_captures WHERE status = 'CAPTURED' AND payment_id = ANY ($1)`,
      [idsOf(payments)],
    )
    expect(rows).toEqual([{ count: 40 }])
  })
  await Promise.all(both.map((worker) => worker.stop()))
  expect(calls.toSorted()).toEqual(idsOf(payments).map((paymentId) => `capture-${paymentId}`))
})

test('a capture that no call has begun is given up without asking the provider, also where the breaker kept its calls away', async () => {
  const asked: string[] = []
  const simulator = createSimulatedCardProvider({ lateMs: 0 })
  const provider: InteractiveCardProvider = {
    ...simulator,
    captureInteractively({ idempotencyKey }) {
      asked.push(idempotencyKey)
      return Promise.reject(new BreakerOpenError('the card provider'))
    },
  }
  const [never, refused] = await byCard(2)
  if (never === undefined || refused === undefined) throw new Error('no payments')
  const { pool } = one.ctx
  await pool.query('UPDATE card_captures SET due_at = NULL WHERE payment_id = $1', [never.paymentId])
  const [worker] = workers([one], provider)
  worker?.start()
  await eventually(async () => {
    const { rows } = await pool.query(
      'SELECT was_asked, last_error FROM card_captures WHERE payment_id = $1 AND last_error IS NOT NULL',
      [refused.paymentId],
    )
    expect(rows).toEqual([{ was_asked: false, last_error: expect.any(String) }])
  })
  const ids = [never.paymentId, refused.paymentId]
  const calls = await inTransaction(pool, async (tx) => {
    await orderRefunds(tx, ids)
    await tx.query(
      `UPDATE purchase_sagas SET state = 'REFUNDING', version = 2 WHERE payment_id = ANY ($1::uuid[])`,
      [ids],
    )
    return asked.length
  })
  await eventually(async () => {
    const { rows } = await pool.query(
      `SELECT c.status, p.status AS payment, s.money_taken FROM card_captures c JOIN payments p USING (payment_id)
       JOIN purchase_sagas s USING (payment_id) WHERE payment_id = ANY ($1::uuid[])`,
      [ids],
    )
    expect(rows).toEqual(ids.map(() => ({ status: 'VOIDED', payment: 'FAILED', money_taken: false })))
  })
  await worker?.stop()
  expect(asked.every((key) => key === `capture-${refused.paymentId}`)).toBe(true)
  expect(asked.length - calls).toBeLessThanOrEqual(1)
})

test('a refund that failed is tried again under the same key of the provider, and so is what it asks before', async () => {
  const keys: string[] = []
  const simulator = createSimulatedCardProvider({ lateMs: 0 })
  const provider: InteractiveCardProvider = {
    ...simulator,
    captureInteractively(request) {
      keys.push(request.idempotencyKey)
      return simulator.captureInteractively(request)
    },
    async refund(request) {
      keys.push(request.idempotencyKey)
      if (keys.filter((key) => key === request.idempotencyKey).length < 3) throw new Error('no answer')
    },
  }
  const [payment] = await byCard(1)
  if (payment === undefined) throw new Error('no payment')
  await inTransaction(one.ctx.pool, async (tx) => {
    await tx.query('UPDATE card_captures SET was_asked = true WHERE payment_id = $1', [payment.paymentId])
    await orderRefunds(tx, [payment.paymentId])
    await tx.query(`UPDATE purchase_sagas SET state = 'REFUNDING', version = 2 WHERE payment_id = $1`, [
      payment.paymentId,
    ])
  })
  const [worker] = workers([one], provider)
  worker?.start()
  await eventually(async () => {
    const { rows } = await one.ctx.pool.query('SELECT status FROM card_captures WHERE payment_id = $1', [
      payment.paymentId,
    ])
    expect(rows).toEqual([{ status: 'REFUNDED' }])
  })
  await worker?.stop()
  const { paymentId } = payment
  const round = [`capture-${paymentId}`, `refund-${paymentId}`]
  expect(keys).toEqual([...round, ...round, ...round])
})

test('a capture of unknown outcome whose key the provider has forgotten is left to a person, until an event names it', async () => {
  const asked: (string | null)[] = []
  const simulator = createSimulatedCardProvider({ lateMs: 0 })
  const provider: InteractiveCardProvider = {
    ...simulator,
    captureInteractively(request) {
      asked.push(request.reference)
      return simulator.captureInteractively(request)
    },
  }
  const [payment] = await byCard(1)
  const paymentId = payment?.paymentId ?? ''
  await inTransaction(one.ctx.pool, async (tx) => {
    await tx.query('UPDATE card_captures SET was_asked = true WHERE payment_id = $1', [paymentId])
    await orderRefunds(tx, [paymentId])
    await tx.query(`UPDATE purchase_sagas SET state = 'REFUNDING', version = 2 WHERE payment_id = $1`, [
      paymentId,
    ])
  })
  const read = async () => {
    const { rows } = await one.ctx.pool.query<{ status: string; dueAt: Date | null; reference: string }>(
      `SELECT status, due_at AS "dueAt", provider_reference AS reference FROM card_captures WHERE payment_id = $1`,
      [paymentId],
    )
    return rows[0]
  }
  const isLeft = async () => {
    const facts = await listPaymentFacts(one.ctx.pool, '00000000-0000-0000-0000-000000000000', 1_000)
    return facts.find((fact) => fact.paymentId === paymentId)?.isCaptureLeft
  }
  const now = () => new Date(Date.now() + 23 * 3_600_000 + 1_000)
  const [worker] = workers([{ ...one, ctx: { ...one.ctx, now } }], provider)
  worker?.start()
  await eventually(async () => expect(await read()).toMatchObject({ status: 'PENDING', dueAt: null }))
  expect([asked, await isLeft()]).toEqual([[], true])
  const event = {
    eventId: 'evt_late',
    type: 'payment_intent.succeeded',
    kind: 'capture',
    paymentId,
    reference: 'pi_late',
    status: null,
    reason: null,
    amount: null,
    happenedAt: new Date(),
  } as const
  expect(await takeEvent(one.ctx.pool, event)).toBe('woke')
  await eventually(async () =>
    expect(await read()).toMatchObject({ status: 'REFUNDED', reference: expect.any(String) }),
  )
  await worker?.stop()
  expect([asked, await isLeft()]).toEqual([['pi_late'], false])
})

test('a good answer makes the pauses after failures begin anew', async () => {
  await byCard(1)
  await one.ctx.pool.query(
    `UPDATE card_captures SET status = 'ACTION_REQUIRED', attempts = 8 WHERE due_at IS NOT NULL`,
  )
  const [polled] = await lease({ question: 1 })
  if (polled === undefined) throw new Error('no order')
  await postponeOrder(one.ctx.pool, polled, 0, null)
  const [failed] = await lease({ question: 1 })
  expect([polled.attempts, failed?.attempts]).toEqual([9, 1])
  if (failed === undefined) throw new Error('no order')
  await postponeOrder(one.ctx.pool, failed, 0, 'no answer')
  expect(await lease({ question: 1 })).toMatchObject([{ attempts: 2 }])
})

test('a card that its provider has news of comes before all that are only overdue', async () => {
  const payments = await byCard(20)
  await one.ctx.pool.query(
    `UPDATE card_captures SET status = 'ACTION_REQUIRED', provider_reference = 'pi_' || payment_id, attempts = 1,
       due_at = now() + CASE payment_id WHEN $2 THEN interval '3 seconds' ELSE interval '-1 hour' END
     WHERE payment_id = ANY ($1)`,
    [idsOf(payments), payments[7]?.paymentId],
  )
  const paymentId = payments[7]?.paymentId ?? ''
  const event = {
    eventId: 'evt_first',
    type: 'payment_intent.succeeded',
    kind: 'capture',
    paymentId: null,
    reference: `pi_${paymentId}`,
    status: null,
    reason: null,
    amount: null,
    happenedAt: new Date(),
  } as const
  expect(await takeEvent(one.ctx.pool, event)).toBe('woke')
  expect(await findOpenCapture(one.ctx.pool, paymentId)).toMatchObject({ dueInMs: 0 })
  expect(await lease({ question: 1 })).toMatchObject([{ paymentId }])
})
