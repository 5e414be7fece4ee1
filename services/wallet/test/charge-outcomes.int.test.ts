import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { RunningWallet } from '../src/start.ts'
import { CardBank, noAnswer } from './card-bank.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
let other: RunningWallet
const bank = new CardBank()
const { onCapture, onRefund } = bank

beforeAll(async () => {
  const env = { CARD_TIMEOUT_MS: '600', CHARGE_WAIT_MS: '2000' }
  it = await startWalletUnderTest({ env, cardProvider: bank })
  other = await it.startAnother()
})

afterEach(() => {
  Object.assign(bank, { onCapture, onRefund })
})

afterAll(() => it.dispose())

const charge = (user: string, card = 'good', key = `of-${user}`, instance = it.wallet) =>
  it.call(
    'POST',
    `/users/${user}/balance/charge`,
    { user, key, body: { amount: 5_000, card: { token: card } } },
    instance,
  )

const chargeAt = async (user: string, location: string | null) =>
  (await it.call('GET', (location ?? '').replace('/api/v1', ''), { user })).data

const untilStatus = (user: string, location: string | null, status: string) =>
  eventually(async () => {
    const found = await chargeAt(user, location)
    expect(found?.['status']).toBe(status)
    return found
  })

describe('a card that is declined', () => {
  test('charges nothing, and is declined again under its key without being asked for', async () => {
    const first = await charge('broke', 'declined')
    expect([first.status, first.error?.code, first.error?.message, first.replayed]).toEqual([
      402,
      'CARD_DECLINED',
      'the card has no money',
      null,
    ])
    const again = await charge('broke', 'declined')
    expect([again.status, again.replayed]).toEqual([402, 'true'])
    expect([again.error?.code, again.error?.message, again.error?.details]).toEqual([
      first.error?.code,
      first.error?.message,
      first.error?.details,
    ])
    const { transactionId } = Object(first.error?.details)
    expect(bank.callsOf(transactionId)).toHaveLength(1)
    const path = `/users/broke/balance/charges/${transactionId}`
    expect((await it.call('GET', path, { user: 'broke' })).data).toEqual({
      userId: 'broke',
      transactionId,
      status: 'FAILED',
      amount: 5_000,
      currentBalance: null,
      createdAt: expect.any(String),
      chargedAt: null,
      failedAt: expect.any(String),
      reason: 'CARD_DECLINED',
      message: 'the card has no money',
      refund: null,
    })
    expect(await it.balance('broke')).toBe(0)
    expect((await charge('broke', 'good')).error?.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  test('with words that the database cannot hold is declined all the same', async () => {
    bank.onCapture = () => ({ kind: 'declined', reason: `no\u0000 ${'long '.repeat(200)}` })
    const { status, error } = await charge('unspeakable')
    expect([status, error?.code]).toEqual([402, 'CARD_DECLINED'])
    expect(error?.message.startsWith('no  long')).toBe(true)
  })
})

test('a charge without a card is 400 and names it, where cards are real', async () => {
  const call = { user: 'cardless', key: 'k', body: { amount: 5_000 } }
  const { status, error } = await it.call('POST', '/users/cardless/balance/charge', call)
  expect([status, error?.code]).toEqual([400, 'INVALID_REQUEST'])
  expect(error?.details).toEqual([{ in: 'body', field: 'card', rule: expect.stringContaining('required') }])
})

test('a capture whose answer was lost is asked about under the same key, and charged once', async () => {
  bank.onCapture = (call, decide) => {
    decide()
    return bank.callsOf(call.key).length === 1 ? noAnswer(call) : decide()
  }
  const first = await charge('unlucky')
  expect([200, 202]).toContain(first.status)
  const { transactionId } = first.data ?? {}
  await untilStatus('unlucky', `/users/unlucky/balance/charges/${String(transactionId)}`, 'CHARGED')
  expect(new Set(bank.callsOf(transactionId).map(({ key }) => key))).toEqual(
    new Set([`charge-${String(transactionId)}`]),
  )
  expect(bank.callsOf(transactionId).length).toBeGreaterThan(1)
  expect([bank.kept(transactionId), await it.balance('unlucky')]).toEqual([5_000, 5_000])
})

test('a provider that takes longer is 202, a repeat waits for the same charge, and both end alike', async () => {
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  bank.onCapture = async (call, decide) => {
    await Promise.race([answered, noAnswer(call)])
    return decide()
  }
  const slow = await charge('patient')
  expect(slow.status).toBe(202)
  const { transactionId } = slow.data ?? {}
  expect(slow.location).toBe(`/api/v1/users/patient/balance/charges/${String(transactionId)}`)
  expect(slow.data).toMatchObject({
    userId: 'patient',
    status: 'CHARGING',
    amount: 5_000,
    currentBalance: null,
  })
  expect(await chargeAt('patient', slow.location)).toEqual(slow.data)
  expect(await it.balance('patient')).toBe(0)
  const other422 = await charge('patient', 'another')
  expect([other422.status, other422.error?.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  const repeat = charge('patient')
  answer()
  const charged = await repeat
  expect([charged.status, charged.replayed, charged.data?.['transactionId']]).toEqual([
    200,
    'true',
    transactionId,
  ])
  expect((await charge('patient')).data).toEqual(charged.data)
  expect([bank.kept(transactionId), await it.balance('patient')]).toEqual([5_000, 5_000])
})

describe('two instances', () => {
  test('that get one request twenty times at once capture it once and answer alike', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        charge('twin', 'good', 'same', index % 2 === 0 ? it.wallet : other),
      ),
    )
    const [first] = answers
    for (const answer of answers) expect([answer.status, answer.data]).toEqual([200, first?.data])
    expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1)
    const { transactionId } = first?.data ?? {}
    expect(bank.callsOf(transactionId)).toHaveLength(1)
    expect([bank.kept(transactionId), await it.balance('twin')]).toEqual([5_000, 5_000])
  })

  test('never have one charge in hand at the same time', async () => {
    const inHand = new Map<string, number>()
    let most = 0
    bank.onCapture = async (call, decide) => {
      const count = (inHand.get(call.key) ?? 0) + 1
      inHand.set(call.key, count)
      most = Math.max(most, count)
      try {
        return bank.callsOf(call.key).length === 1 ? await noAnswer(call) : decide()
      } finally {
        inHand.set(call.key, count - 1)
      }
    }
    const users = Array.from({ length: 3 }, (_, index) => `handed-${index}`)
    const answers = await Promise.all(users.map((user) => charge(user)))
    await Promise.all(
      answers.map(({ data }, index) => {
        const user = users[index] ?? ''
        return untilStatus(
          user,
          `/users/${user}/balance/charges/${String(data?.['transactionId'])}`,
          'CHARGED',
        )
      }),
    )
    expect(most).toBe(1)
    for (const user of users) expect(await it.balance(user)).toBe(5_000)
  })
})

test('a charge of somebody else is 404, and so is one of another wallet', async () => {
  const mine = await charge('mine')
  const path = `balance/charges/${String(mine.data?.['transactionId'])}`
  const theirs = await it.call('GET', `/users/theirs/${path}`, { user: 'theirs' })
  expect([theirs.status, theirs.error?.code]).toEqual([404, 'CHARGE_NOT_FOUND'])
  expect((await it.call('GET', `/users/mine/${path}`, { user: 'theirs' })).status).toBe(403)
  const malformed = await it.call('GET', '/users/mine/balance/charges/1', { user: 'mine' })
  expect(malformed.error?.details).toEqual([expect.objectContaining({ in: 'path', field: 'transactionId' })])
})

test('the data hold all invariants after all of this', async () => {
  expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
})
