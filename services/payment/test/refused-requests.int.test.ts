import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { tidyRefusedRequests } from '../src/sql/payment-keys.ts'
import { willing } from './participants.ts'
import { startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

let service: PayingService

beforeAll(async () => {
  service = await startPayingService()
})

afterAll(() => service.stop())

beforeEach(() => {
  service.participants.answer = willing
  service.participants.isAway = false
  service.participants.commands.length = 0
})

function change(reservationId: string, to: object): void {
  const known = service.participants.reservations.get(reservationId)
  service.participants.reservations.set(reservationId, { ...known, ...to })
}

const live = { status: 'HOLD', notPayable: '', totalAmount: 120_000 }

test.each([
  ['ALREADY_PAID', { status: 'CONFIRMED' }],
  ['RESERVATION_EXPIRED', { status: 'EXPIRED' }],
  ['RESERVATION_NOT_PAYABLE', { status: 'CANCELLED' }],
  ['RESERVATION_NOT_PAYABLE', { notPayable: 'the show has begun' }],
  ['AMOUNT_CHANGED', { totalAmount: 130_000 }],
  ['RESERVATION_NOT_FOUND', { userId: 'other' }],
])(
  '%s is the answer to its key, whatever changes later, and another key is another request',
  async (code, state) => {
    const reservationId = service.hold('701')
    change(reservationId, state)
    const key = randomUUID()
    const pay = (more: { key: string; body?: object }) =>
      service.pay('701', reservationId, { body: { amount: 120_000 }, ...more })
    const first = await pay({ key })
    expect([first.body.error?.code, first.replayed]).toEqual([code, null])
    change(reservationId, { ...live, userId: '701' })
    const again = await pay({ key })
    expect([again.status, again.replayed]).toEqual([first.status, 'true'])
    expect({ ...again.body.error, requestId: '' }).toEqual({ ...first.body.error, requestId: '' })
    const otherBody = await pay({ key, body: {} })
    expect([otherBody.status, otherBody.body.error?.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect(service.sent('DebitWallet')).toHaveLength(0)
    expect((await pay({ key: randomUUID() })).status).toBe(201)
  },
)

test('ten requests with one key at once are refused alike, and one of them is the first', async () => {
  const reservationId = service.hold('702', { status: 'EXPIRED' })
  const key = randomUUID()
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => service.pay('702', reservationId, { key })),
  )
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.error?.code}`))).toEqual(
    new Set(['409 RESERVATION_EXPIRED']),
  )
  expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1)
})

test('two bodies with one key at once, both refused: one is remembered, and the other is 422', async () => {
  const key = randomUUID()
  const answers = await Promise.all(
    [service.hold('703', { status: 'EXPIRED' }), service.hold('703', { status: 'EXPIRED' })].map((id) =>
      service.pay('703', id, { key }),
    ),
  )
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([409, 422])
})

test('a request that lost to another payment stays refused when that one has failed', async () => {
  service.participants.answer = () => null
  const reservationId = service.hold('704')
  const slow = service.pay('704', reservationId)
  await eventually(async () => {
    const { rows } = await service.pool.query('SELECT 1 FROM payments WHERE reservation_id = $1', [
      reservationId,
    ])
    expect(rows).toHaveLength(1)
  })
  const key = randomUUID()
  const first = await service.pay('704', reservationId, { key })
  expect([first.status, first.body.error?.code, first.replayed]).toEqual([409, 'ALREADY_PAID', null])
  service.participants.answer = (command) =>
    command.type === 'DebitWallet'
      ? { type: 'WalletDebitRefused', payload: { ...command.value, reason: 'INSUFFICIENT_BALANCE' } }
      : willing(command)
  expect((await slow).status).toBe(402)
  service.participants.answer = willing
  const again = await service.pay('704', reservationId, { key })
  expect([again.status, again.body.error?.code, again.replayed]).toEqual([409, 'ALREADY_PAID', 'true'])
  expect((await service.pay('704', reservationId)).status).toBe(201)
})

test('what nobody could decide leaves the key free', async () => {
  const reservationId = service.hold('705')
  const key = randomUUID()
  service.participants.isAway = true
  expect((await service.pay('705', reservationId, { key })).status).toBe(503)
  expect((await service.pay('705', reservationId, { key, body: { amount: 'x' } })).status).toBe(400)
  service.participants.isAway = false
  expect(await service.pay('705', reservationId, { key })).toMatchObject({ status: 201, replayed: null })
})

test('of one key, a payment and a refusal that come at the same moment never both stand', async () => {
  const keys = Array.from({ length: 40 }, () => randomUUID())
  // A busy machine may answer some by 503, which leaves the key free.
  const decide = (reservationId: string, key: string): Promise<void> =>
    eventually(async () => {
      expect((await service.pay('706', reservationId, { key })).status).not.toBe(503)
    })
  await Promise.all(
    keys.flatMap((key) => {
      const reservationId = service.hold('706')
      const expired = service.hold('706', { status: 'EXPIRED' })
      return [decide(reservationId, key), decide(expired, key)]
    }),
  )
  const { rows } = await service.pool.query<{ key: string; paid: boolean; refused: boolean }>(
    `SELECT idempotency_key AS key, payment_id IS NOT NULL AS paid, refusal IS NOT NULL AS refused
     FROM payment_requests WHERE user_id = '706'`,
  )
  expect(rows.map(({ key }) => key).toSorted()).toEqual(keys.toSorted())
  const { rows: begun } = await service.pool.query(`SELECT 1 FROM payments WHERE user_id = '706'`)
  expect(begun).toHaveLength(rows.filter(({ paid }) => paid).length)
})

test('refusals are forgotten after their time, and payments keep their keys', async () => {
  const key = randomUUID()
  const reservationId = service.hold('707', { status: 'EXPIRED' })
  await service.pay('707', reservationId, { key })
  const paidKey = randomUUID()
  const paidFor = service.hold('707')
  await service.pay('707', paidFor, { key: paidKey })
  await service.pool.query(`UPDATE payment_requests SET created_at = now() - interval '73 hours'`)
  await tidyRefusedRequests(service.pool, 72)
  change(reservationId, live)
  expect(await service.pay('707', reservationId, { key })).toMatchObject({ status: 201, replayed: null })
  expect(await service.pay('707', paidFor, { key: paidKey })).toMatchObject({ status: 201, replayed: 'true' })
})
