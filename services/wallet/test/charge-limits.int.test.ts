import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { uuidv7 } from 'uuidv7'
import { noteFailure } from '../src/sql/charge-work.ts'
import { CardBank } from './card-bank.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
const bank = new CardBank()

beforeAll(async () => {
  it = await startWalletUnderTest({ cardProvider: bank })
})

afterAll(() => it.dispose())

const charge = (user: string, key: string) =>
  it.call('POST', `/users/${user}/balance/charge`, {
    user,
    key,
    body: { amount: 5_000, card: { token: 'good' } },
  })

/** Stores charges as another instance has them, which is to take them up `inSeconds`. */
async function store(of: {
  status: 'CHARGING' | 'FAILED'
  count?: number
  ageHours?: number
  inSeconds: number
}) {
  const ids = Array.from({ length: of.count ?? 1 }, () => uuidv7())
  await it.owner.query(
    `INSERT INTO charges (charge_id, user_id, amount, status, capture_status, reason, message, card_token, attempts, created_at,
       finished_at, next_attempt_at)
     SELECT id, 'stored', 1000, $2, 'PENDING', CASE $2 WHEN 'FAILED' THEN 'TIMEOUT' END, CASE $2 WHEN 'FAILED' THEN 'given up' END,
       'good', 1, now() - make_interval(hours => $3), CASE $2 WHEN 'FAILED' THEN now() END, now() + make_interval(secs => $4)
     FROM unnest($1::uuid[]) AS c (id)`,
    [ids, of.status, of.ageHours ?? 0, of.inSeconds],
  )
  return ids
}

const rowOf = async (chargeId: string | undefined) =>
  (await it.owner.query('SELECT * FROM charges WHERE charge_id = $1', [chargeId])).rows[0]

test('while too many charges are at work, new ones are 503 and leave nothing, and repeats are answered', async () => {
  const before = await charge('early', 'k')
  expect(before.status).toBe(200)
  await store({ status: 'CHARGING', count: 2_000, inSeconds: 600 })
  let tries = 0
  const refused = await eventually(async () => {
    const answer = await charge('late', `k-${(tries += 1)}`)
    expect(answer.status).toBe(503)
    return answer
  })
  expect([refused.error?.code, refused.retryAfter]).toEqual([
    'UNAVAILABLE',
    expect.stringMatching(/^[1-9]\d*$/),
  ])
  expect((await charge('early', 'k')).data).toEqual(before.data)
  await it.owner.query("DELETE FROM charges WHERE user_id = 'stored'")
  await eventually(async () => expect((await charge('late', `k-${tries}`)).status).toBe(200))
})

test('a charge whose process died is taken up when its lease has run out, and not before', async () => {
  const [soon] = await store({ status: 'CHARGING', inSeconds: 1 })
  const [held] = await store({ status: 'CHARGING', inSeconds: 600 })
  await eventually(async () => expect(await rowOf(soon)).toMatchObject({ status: 'CHARGED' }))
  expect([bank.callsOf(soon).length, bank.callsOf(held)]).toEqual([1, []])
  await it.owner.query('DELETE FROM charges WHERE charge_id = $1', [held])
})

test('an outcome that is unknown for so long that the provider has forgotten the key is left to a person', async () => {
  const [forgotten] = await store({ status: 'FAILED', ageHours: 24, inSeconds: 0 })
  await eventually(async () => expect(await rowOf(forgotten)).toMatchObject({ next_attempt_at: null }))
  expect(await rowOf(forgotten)).toMatchObject({ status: 'FAILED', capture_status: 'PENDING' })
  expect(bank.callsOf(forgotten)).toEqual([])
  await it.owner.query("UPDATE charges SET finished_at = now() - interval '2 minutes' WHERE charge_id = $1", [
    forgotten,
  ])
  expect((await it.violations())[10]).toEqual([
    expect.stringContaining('whether the money was taken is not known'),
  ])
  const metrics = await (await fetch(`http://127.0.0.1:${it.wallet.ports.ops}/metrics`)).text()
  expect(metrics).toMatch(/^charges_open\{what="left_to_person",service="wallet"\} 1$/m)
  await it.owner.query('DELETE FROM charges WHERE charge_id = $1', [forgotten])
})

test('who has lost the lease of a charge can not shorten the lease of who has it now', async () => {
  const [chargeId = ''] = await store({ status: 'CHARGING', inSeconds: 600 })
  const mine = { chargeId, attempts: 1, status: 'CHARGING', wasAsked: true } as const
  await it.owner.query('UPDATE charges SET attempts = 2 WHERE charge_id = $1', [chargeId])
  await noteFailure(it.wallet.ctx.pool, mine, 'too late', 0)
  expect(await rowOf(chargeId)).toMatchObject({ last_error: null })
  await noteFailure(it.wallet.ctx.pool, { ...mine, attempts: 2 }, 'in time', 600_000)
  expect(await rowOf(chargeId)).toMatchObject({ last_error: 'in time' })
  await it.owner.query('DELETE FROM charges WHERE charge_id = $1', [chargeId])
})

test('the metrics tell how many charges are at work and how old they are', async () => {
  await store({ status: 'CHARGING', ageHours: 1, inSeconds: 600 })
  await store({ status: 'FAILED', inSeconds: 600 })
  const metrics = await (await fetch(`http://127.0.0.1:${it.wallet.ports.ops}/metrics`)).text()
  expect(metrics).toMatch(/^charges_open\{what="charging",service="wallet"\} 1$/m)
  expect(metrics).toMatch(/^charges_open\{what="oldest_charging_seconds",service="wallet"\} 36\d\d/m)
  expect(metrics).toMatch(/^charges_open\{what="giving_back",service="wallet"\} 1$/m)
})
