import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { tokenFor } from '@frontrow/test-kit/test-environment'
import { startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

let service: PayingService

beforeAll(async () => {
  service = await startPayingService()
})

afterAll(async () => {
  await service.stop()
})

/** Pays for a new hold of `userId` with a token that has these claims. */
async function payAs(
  userId: string,
  claims: Record<string, unknown>,
  { payer = userId, admin = false } = {},
): Promise<void> {
  const authorization = `Bearer ${await tokenFor(payer, { admin, claims })}`
  const { status } = await service.send('POST', '/payments', payer, {
    headers: { Authorization: authorization, 'Idempotency-Key': crypto.randomUUID() },
    body: JSON.stringify({ reservationId: service.hold(userId), paymentMethod: 'BALANCE', userId }),
  })
  expect(status).toBe(201)
}

async function contactOf(userId: string) {
  const { rows } = await service.pool.query('SELECT email, locale FROM contacts WHERE user_id = $1', [userId])
  return rows
}

test('the address that the token of a payment names is where mail about it goes, until another one names another', async () => {
  await payAs('mover', { email: 'old@example.com', locale: 'ko-KR', email_verified: true })
  expect(await contactOf('mover')).toEqual([{ email: 'old@example.com', locale: 'ko-KR' }])
  await payAs('mover', { email: 'new@example.com' })
  expect(await contactOf('mover')).toEqual([{ email: 'new@example.com', locale: null }])
})

test.each([
  ['names none', {}],
  ['is not verified', { email: 'old@example.com', email_verified: false }],
])('no mail goes to the old address of a payer whose token %s', async (what, claims) => {
  const payer = `former, ${what}`.replaceAll(/\W/g, '-')
  const other = `other-${payer}`
  for (const userId of [payer, other]) await payAs(userId, { email: 'old@example.com' })
  await payAs(payer, claims)
  expect(await contactOf(payer)).toEqual([{ email: null, locale: null }])
  expect(await contactOf(other)).toEqual([{ email: 'old@example.com', locale: null }])
})

test('a payment that an admin makes for somebody leaves them their address', async () => {
  await payAs('kept', { email: 'kept@example.com' })
  await payAs('kept', {}, { payer: 'boss', admin: true })
  expect(await contactOf('kept')).toEqual([{ email: 'kept@example.com', locale: null }])
})

test('two payments of one person that begin together leave one address', async () => {
  await Promise.all([payAs('twice', { email: 'a@example.com' }), payAs('twice', { email: 'a@example.com' })])
  expect(await contactOf('twice')).toEqual([{ email: 'a@example.com', locale: null }])
})

test('an admin who pays for somebody gives nobody their own address', async () => {
  await payAs('guest', { email: 'boss@example.com' }, { payer: 'boss', admin: true })
  expect(await contactOf('guest')).toEqual([])
  expect(await contactOf('boss')).toEqual([])
})

test('an address that the identity provider has not verified is not written to', async () => {
  await payAs('unverified', { email: 'victim@example.com', email_verified: false })
  expect(await contactOf('unverified')).toEqual([])
})

test('no message carries an address', async () => {
  await payAs('private', { email: 'private@example.com' })
  const { rows } = await service.pool.query(
    `SELECT payload::text FROM outbox WHERE payload::text LIKE '%@example.com%'`,
  )
  expect(rows).toEqual([])
})
