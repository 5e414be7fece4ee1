import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest

beforeAll(async () => {
  it = await startWalletUnderTest()
})

afterAll(() => it.dispose())

const historyOf = async (user: string) => {
  const { data } = await it.call('GET', `/users/${user}/balance/history?limit=100`, { user })
  const items = data?.['items']
  return Array.isArray(items) ? items : []
}

describe('charging', () => {
  test('a charge answers what it did and shows in balance and history', async () => {
    const charged = await it.charge('first', 50_000)
    expect(charged.status).toBe(200)
    expect(charged.replayed).toBeNull()
    expect(charged.data).toEqual({
      userId: 'first',
      chargedAmount: 50_000,
      currentBalance: 50_000,
      transactionId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      chargedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    })
    const balance = await it.call('GET', '/users/first/balance', { user: 'first' })
    expect(balance.data).toEqual({
      userId: 'first',
      currentBalance: 50_000,
      totalCharged: 50_000,
      totalUsed: 0,
      lastUpdated: charged.data?.['chargedAt'],
    })
    expect(await historyOf('first')).toEqual([
      {
        entryId: expect.any(Number),
        transactionId: charged.data?.['transactionId'],
        kind: 'CHARGE',
        amount: 50_000,
        balanceAfter: 50_000,
        paymentId: null,
        createdAt: charged.data?.['chargedAt'],
      },
    ])
  })

  test('a user without a wallet has zeros', async () => {
    const { status, data } = await it.call('GET', '/users/nobody/balance', { user: 'nobody' })
    expect(status).toBe(200)
    expect(data).toEqual({
      userId: 'nobody',
      currentBalance: 0,
      totalCharged: 0,
      totalUsed: 0,
      lastUpdated: null,
    })
    expect(await historyOf('nobody')).toEqual([])
  })

  test.each([
    ['below the minimum', { amount: 999 }],
    ['above the maximum', { amount: 1_000_001 }],
    ['not whole', { amount: 1_000.5 }],
    ['a text', { amount: '1000' }],
    ['missing', {}],
    ['beside an unknown field', { amount: 1_000, ammount: 1 }],
  ])('an amount that is %s is 400 and names the field', async (_what, body) => {
    const { status, error } = await it.call('POST', '/users/u/balance/charge', { user: 'u', key: 'k', body })
    expect(status).toBe(400)
    expect(error?.code).toBe('INVALID_REQUEST')
    expect(JSON.stringify(error?.details)).toMatch(/am+ount/)
  })

  test.each([
    ['missing', undefined],
    ['with a space in it', 'a b'],
    ['longer than 255 characters', 'k'.repeat(256)],
  ])('an Idempotency-Key that is %s is 400 and names the header', async (_what, key) => {
    const call = { user: 'u', body: { amount: 1_000 }, ...(key === undefined ? {} : { key }) }
    for (const path of ['/users/u/balance/charge', '/users/u/point/use']) {
      const { status, error } = await it.call('POST', path, call)
      expect(status).toBe(400)
      expect(error?.code).toBe('INVALID_REQUEST')
      expect(error?.details).toEqual([expect.objectContaining({ in: 'header', field: 'idempotency-key' })])
    }
  })

  test('the balance stops at its maximum, and the refused charge leaves its key free', async () => {
    for (let charges = 0; charges < 10; charges += 1) {
      expect((await it.charge('rich', 1_000_000)).status).toBe(200)
    }
    const { status, error } = await it.charge('rich', 1_000, 'the-last')
    expect(status).toBe(422)
    expect(error?.code).toBe('BALANCE_LIMIT_EXCEEDED')
    expect(error?.details).toEqual({ currentBalance: 10_000_000, charging: 0, balanceMax: 10_000_000 })
    expect(await it.balance('rich')).toBe(10_000_000)
    await it.use('rich', 1_000)
    expect((await it.charge('rich', 1_000, 'the-last')).status).toBe(200)
    const { rows } = await it.owner.query(
      "SELECT status, count(*) FROM charges WHERE user_id = 'rich' GROUP BY 1",
    )
    expect(rows).toEqual([{ status: 'CHARGED', count: 11 }])
  })
})

describe('the simulated cards', () => {
  const chargeBy = (token: string) =>
    it.call('POST', '/users/holder/balance/charge', {
      user: 'holder',
      key: `by-${token}`,
      body: { amount: 2_000, card: { token } },
    })

  test('are approved, declined, or approved at the second try', async () => {
    expect((await chargeBy('tok_approved')).status).toBe(200)
    const declined = await chargeBy('tok_declined')
    expect([declined.status, declined.error?.code]).toEqual([402, 'CARD_DECLINED'])
    const needsStep = await chargeBy('tok_action')
    expect([needsStep.status, needsStep.error?.code]).toEqual([402, 'CARD_DECLINED'])
    expect(needsStep.error?.message).toContain('another step')
    expect((await chargeBy('tok_flaky')).status).toBe(200)
    expect(await it.balance('holder')).toBe(4_000)
  })

  test.each([
    ['card', { amount: 1_000, card: 'tok_approved' }, 'card'],
    ['token', { amount: 1_000, card: {} }, 'card.token'],
    ['token with a control character', { amount: 1_000, card: { token: 'tok_\u0000' } }, 'card.token'],
    ['card with more than a token', { amount: 1_000, card: { token: 'tok_approved', number: 4242 } }, 'card'],
  ])('a wrong %s is 400 and names the field', async (_what, body, field) => {
    const { status, error } = await it.call('POST', '/users/u/balance/charge', { user: 'u', key: 'k', body })
    expect([status, error?.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(error?.details).toEqual([
      expect.objectContaining({ in: 'body', field: expect.stringContaining(field) }),
    ])
  })
})

describe('using points', () => {
  test('points are deducted, and more than there are is 402', async () => {
    await it.charge('spender', 5_000)
    expect((await it.use('spender', 3_000)).data).toEqual({ userId: 'spender', balance: 2_000 })
    const refused = await it.use('spender', 2_001)
    expect(refused.status).toBe(402)
    expect(refused.error?.code).toBe('INSUFFICIENT_BALANCE')
    expect((await it.use('spender', 2_000)).data).toEqual({ userId: 'spender', balance: 0 })
    const kinds = (await historyOf('spender')).map(({ kind, amount }) => [kind, amount])
    expect(kinds).toEqual([
      ['DEBIT', -2_000],
      ['DEBIT', -3_000],
      ['CHARGE', 5_000],
    ])
  })

  test('a refusal is the answer to its key, also when there are points again, and another key is another try', async () => {
    const first = await it.use('later', 1_000, 'same')
    expect([first.status, first.replayed]).toEqual([402, null])
    await it.charge('later', 1_000)
    const again = await it.use('later', 1_000, 'same')
    expect([again.status, again.replayed, again.error?.details]).toEqual([402, 'true', first.error?.details])
    expect((await it.use('later', 999, 'same')).error?.code).toBe('IDEMPOTENCY_KEY_REUSED')
    expect((await it.use('later', 1_000, 'other')).data).toEqual({ userId: 'later', balance: 0 })
  })
})

describe('idempotency', () => {
  test('the same key gives the same answer and one effect, also twenty times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => it.charge('impatient', 7_000, 'only-once')),
    )
    const again = await it.charge('impatient', 7_000, 'only-once')
    for (const answer of answers) {
      expect(answer.status).toBe(200)
      expect(answer.data).toEqual(again.data)
    }
    expect(again.replayed).toBe('true')
    expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1)
    expect(await it.balance('impatient')).toBe(7_000)
  })

  test('the same key with another body is 422 and has no effect', async () => {
    await it.charge('changing', 7_000, 'k')
    const { status, error } = await it.charge('changing', 8_000, 'k')
    expect(status).toBe(422)
    expect(error?.code).toBe('IDEMPOTENCY_KEY_REUSED')
    expect(await it.balance('changing')).toBe(7_000)
  })

  test('one key means different requests for different users and routes', async () => {
    expect((await it.charge('one', 7_000, 'shared')).replayed).toBeNull()
    expect((await it.charge('two', 7_000, 'shared')).replayed).toBeNull()
    expect((await it.use('one', 7_000, 'shared')).data).toEqual({ userId: 'one', balance: 0 })
  })
})

describe('whose wallet', () => {
  test.each([
    ['GET', '/users/owner/balance'],
    ['GET', '/users/owner/balance/history'],
    ['GET', '/users/owner/balance/charges/CHARGE'],
    ['POST', '/users/owner/balance/charge'],
    ['POST', '/users/owner/point/use'],
  ] as const)(
    "%s %s is 401 without a token, 403 for others, and an admin's to use",
    async (method, template) => {
      const charged = await it.charge('owner', 1_000)
      const path = template.replace('CHARGE', String(charged.data?.['transactionId']))
      const request = method === 'GET' ? {} : { key: `admin-${path}`, body: { amount: 1_000 } }
      expect((await it.call(method, path, request)).status).toBe(401)
      const stranger = await it.call(method, path, { ...request, user: 'stranger' })
      expect(stranger.status).toBe(403)
      expect(stranger.error?.code).toBe('FORBIDDEN')
      const admin = await it.call(method, path, { ...request, user: 'boss', admin: true })
      expect(admin.status).toBe(200)
    },
  )
})

test('a user id that the database cannot hold is 400, also for an admin', async () => {
  const { status, error } = await it.call('GET', '/users/a%00b/balance', { user: 'boss', admin: true })
  expect(status).toBe(400)
  expect(error?.details).toEqual([expect.objectContaining({ in: 'path', field: 'userId' })])
})

test('the history pages from the newest to the oldest without gaps or repeats', async () => {
  for (let charges = 1; charges <= 5; charges += 1) await it.charge('reader', 1_000 * charges)
  const amounts: unknown[] = []
  let cursor: unknown = null
  do {
    const query: string = typeof cursor === 'string' ? `&cursor=${cursor}` : ''
    const { data } = await it.call('GET', `/users/reader/balance/history?limit=2${query}`, { user: 'reader' })
    const items = data?.['items']
    if (!Array.isArray(items)) throw new Error('no items')
    amounts.push(...items.map((item) => item.amount))
    cursor = data?.['nextCursor']
  } while (cursor !== null)
  expect(amounts).toEqual([5_000, 4_000, 3_000, 2_000, 1_000])
  for (const query of ['cursor=nonsense', 'cursor=', 'limit=0', 'limit=101', 'limit=x']) {
    const refused = await it.call('GET', `/users/reader/balance/history?${query}`, { user: 'reader' })
    expect(refused.status).toBe(400)
  }
})
