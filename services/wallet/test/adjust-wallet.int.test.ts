import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { z } from 'zod'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

const Entries = z.object({ items: z.array(z.object({ kind: z.string() })) })

let it: WalletUnderTest

beforeAll(async () => {
  it = await startWalletUnderTest()
})

afterAll(() => it.dispose())

let keys = 0
const adjust = (
  userId: string,
  amount: unknown,
  options: { key?: string; reason?: unknown; admin?: boolean } = {},
) => {
  const { key = `adjust-${(keys += 1)}`, reason = 'given twice', admin = true } = options
  const body = { amount, reason }
  return it.call('POST', `/admin/wallets/${userId}/adjustments`, { user: 'boss', admin, key, body })
}
const codeOf = ({ status, error }: Awaited<ReturnType<typeof adjust>>) => [status, error?.code]
const balanceOf = async (userId: string) =>
  (await it.call('GET', `/users/${userId}/balance`, { user: userId })).data

test('a correction moves both sides, and the balance, the totals and the history show it', async () => {
  await it.charge('wronged', 10_000)
  await it.use('wronged', 2_000)
  const added = await adjust('wronged', 500)
  expect(added).toMatchObject({
    status: 201,
    data: {
      transactionId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      userId: 'wronged',
      amount: 500,
      reason: 'given twice',
      currentBalance: 8_500,
      adjustedBy: 'boss',
    },
  })
  expect(await adjust('wronged', -1_500)).toMatchObject({ status: 201, data: { currentBalance: 7_000 } })
  expect(await balanceOf('wronged')).toMatchObject({
    currentBalance: 7_000,
    totalCharged: 10_000,
    totalUsed: 2_000,
    totalAdjusted: -1_000,
  })
  const history = await it.call('GET', '/users/wronged/balance/history?kind=ADJUSTMENT', { user: 'wronged' })
  expect(history.data?.['items']).toMatchObject([
    { kind: 'ADJUSTMENT', amount: -1_500, balanceAfter: 7_000, reason: 'given twice' },
    { kind: 'ADJUSTMENT', amount: 500, balanceAfter: 8_500, transactionId: added.data?.['transactionId'] },
  ])
  const { rows } = await it.owner.query<{ account: string; amount: number }>(
    'SELECT account, amount FROM ledger_entries WHERE transaction_id = $1 ORDER BY account',
    [added.data?.['transactionId']],
  )
  expect(rows).toEqual([
    { account: 'adjustments', amount: -500 },
    { account: 'wallet', amount: 500 },
  ])
  expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
})

test('a wallet that does not exist yet can be given money', async () => {
  expect(await adjust('unheard-of', 700)).toMatchObject({ status: 201, data: { currentBalance: 700 } })
  expect(await balanceOf('unheard-of')).toMatchObject({ totalCharged: 0, totalAdjusted: 700 })
})

test('no correction takes a wallet below zero or past its maximum, and the answer has the balance', async () => {
  await it.charge('poor', 1_000)
  const below = await adjust('poor', -1_001)
  expect(codeOf(below)).toEqual([402, 'INSUFFICIENT_BALANCE'])
  expect(below.error?.details).toEqual({ currentBalance: 1_000, amount: -1_001 })
  const above = await adjust('poor', 10_000_000)
  expect(codeOf(above)).toEqual([422, 'BALANCE_LIMIT_EXCEEDED'])
  expect(above.error?.details).toEqual({ currentBalance: 1_000, charging: 0, balanceMax: 10_000_000 })
  expect(await adjust('poor', -1_000)).toMatchObject({ status: 201, data: { currentBalance: 0 } })
})

test('a correction leaves room for what is being charged, and takes as it would without it', async () => {
  await it.charge('charging', 1_000)
  await it.owner.query(
    `INSERT INTO charges (charge_id, user_id, amount, status, capture_status, caller_id, idempotency_key, request_hash, card_token,
       attempts, next_attempt_at, asked_at)
     VALUES (gen_random_uuid(), 'charging', 9000000, 'CHARGING', 'PENDING', 'charging', 'at-work', '', 't', 1,
       now() + interval '10 minutes', now())`,
  )
  const above = await adjust('charging', 999_001)
  expect(codeOf(above)).toEqual([422, 'BALANCE_LIMIT_EXCEEDED'])
  expect(above.error?.details).toEqual({ currentBalance: 1_000, charging: 9_000_000, balanceMax: 10_000_000 })
  expect(await adjust('charging', 999_000)).toMatchObject({
    status: 201,
    data: { currentBalance: 1_000_000 },
  })
  expect(await adjust('charging', -1_000)).toMatchObject({ status: 201, data: { currentBalance: 999_000 } })
  await it.owner.query("DELETE FROM charges WHERE idempotency_key = 'at-work'")
})

test.each([
  ['of nothing', 0, {}, 'amount'],
  ['that is not whole', 1.5, {}, 'amount'],
  ['as a text', '5', {}, 'amount'],
  ['without a reason', 5, { reason: null }, 'reason'],
  ['with an empty reason', 5, { reason: '  ' }, 'reason'],
  ['with too long a reason', 5, { reason: 'x'.repeat(501) }, 'reason'],
])(
  'a correction %s is refused with the field, and changes nothing',
  async (_what, amount, options, field) => {
    const refused = await adjust('untouched', amount, options)
    expect(codeOf(refused)).toEqual([400, 'INVALID_REQUEST'])
    expect(refused.error?.details).toMatchObject([{ in: 'body', field }])
    expect(await balanceOf('untouched')).toMatchObject({ currentBalance: 0, lastUpdated: null })
  },
)

test('only admins may, and only with a key', async () => {
  expect(codeOf(await adjust('untouched', 5, { admin: false }))).toEqual([403, 'FORBIDDEN'])
  const body = { amount: 5, reason: 'given twice' }
  const keyless = await it.call('POST', '/admin/wallets/untouched/adjustments', {
    user: 'boss',
    admin: true,
    body,
  })
  expect(codeOf(keyless)).toEqual([400, 'INVALID_REQUEST'])
})

test('a correction that is sent again is made once; another under its key is refused', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => adjust('repeated', 300, { key: 'once' })))
  expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1)
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201))
  expect(answers.filter(({ replayed }) => replayed === 'true')).toHaveLength(7)
  expect(codeOf(await adjust('repeated', 301, { key: 'once' }))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  expect(await balanceOf('repeated')).toMatchObject({ currentBalance: 300 })
})

test('corrections, charges and debits of one wallet at once keep it whole', async () => {
  await it.charge('busy', 50_000)
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => {
      if (index % 3 === 0) return adjust('busy', index % 2 === 0 ? 100 : -1_000)
      return index % 3 === 1 ? it.charge('busy', 1_000) : it.use('busy', 2_000)
    }),
  )
  for (const { status } of answers) expect([200, 201, 402]).toContain(status)
  expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
})

test('the history has the kinds that are asked for, page by page', async () => {
  await it.charge('mixed', 10_000)
  for (let index = 0; index < 3; index += 1) {
    await it.use('mixed', 100)
    await adjust('mixed', 10)
  }
  const page = (query: string) => it.call('GET', `/users/mixed/balance/history?${query}`, { user: 'mixed' })
  const kindsOf = async (query: string) => {
    const { data } = await page(query)
    return Entries.parse(data).items.map(({ kind }) => kind)
  }
  expect(await kindsOf('kind=DEBIT,CHARGE')).toEqual(['DEBIT', 'DEBIT', 'DEBIT', 'CHARGE'])
  const first = await page('kind=DEBIT&limit=2')
  const rest = await page(`kind=DEBIT&limit=2&cursor=${String(first.data?.['nextCursor'])}`)
  expect([first.data?.['items'], rest.data?.['items']]).toMatchObject([
    [{ balanceAfter: 9_720 }, { balanceAfter: 9_810 }],
    [{ balanceAfter: 9_900 }],
  ])
  expect(rest.data?.['nextCursor']).toBeNull()
  expect((await page('kind=REFUND')).data).toEqual({ items: [], nextCursor: null })
  for (const wrong of ['kind=', 'kind=charge', 'kind=DEBIT,,', 'kind=DEBIT&kind=REFUND']) {
    expect(codeOf(await page(wrong))).toEqual([400, 'INVALID_REQUEST'])
  }
})

test('a reason can not be changed or taken away', async () => {
  await adjust('kept', 5)
  const { rows } = await it.owner.query<{ updates: boolean; deletes: boolean }>(
    `SELECT has_table_privilege('wallet', 'adjustments', 'UPDATE') AS updates,
            has_table_privilege('wallet', 'adjustments', 'DELETE') AS deletes`,
  )
  expect(rows).toEqual([{ updates: false, deletes: false }])
})
