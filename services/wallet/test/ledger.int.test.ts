import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
let role: ReturnType<typeof createClient>

beforeAll(async () => {
  it = await startWalletUnderTest()
  role = createClient(it.environment.databaseUrl('wallet'), 'wallet-role-test')
  await role.connect()
  await it.charge('owner', 5_000)
})

afterAll(async () => {
  await role.end()
  await it.dispose()
})

test('fifty charges and debits of one wallet at once leave the balance equal to the sum of its entries', async () => {
  await it.charge('busy', 20_000)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0 ? it.charge('busy', 1_000) : it.use('busy', 1_500),
    ),
  )
  for (const { status } of answers) expect([200, 402]).toContain(status)
  expect(answers.filter((_, index) => index % 2 === 0).every(({ status }) => status === 200)).toBe(true)
  const debits = answers.filter(({ status }, index) => index % 2 === 1 && status === 200).length
  expect(await it.balance('busy')).toBe(20_000 + 25 * 1_000 - debits * 1_500)
  expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  // Each entry's balance follows from the one before: the order of the ids is the order of the movements.
  const { rows } = await it.owner.query<{ broken: number }>(
    `SELECT count(*) AS broken FROM (
       SELECT balance_after - amount - lag(balance_after, 1, 0) OVER (ORDER BY entry_id) AS gap
       FROM ledger_entries WHERE user_id = 'busy') AS chain
     WHERE gap <> 0`,
  )
  expect(rows[0]?.broken).toBe(0)
})

test('a wallet never goes below zero when many spend it at once', async () => {
  await it.charge('popular', 10_000)
  const answers = await Promise.all(Array.from({ length: 30 }, () => it.use('popular', 1_000)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
  expect(answers.filter(({ status }) => status === 402)).toHaveLength(20)
  expect(await it.balance('popular')).toBe(0)
})

test('first charges of a new wallet at once all count', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => it.charge('newcomer', 1_000)))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(await it.balance('newcomer')).toBe(12_000)
})

test.each([
  "UPDATE ledger_entries SET amount = amount * 2 WHERE user_id = 'owner'",
  "DELETE FROM ledger_entries WHERE user_id = 'owner'",
  'TRUNCATE ledger_entries',
  'ALTER TABLE ledger_entries DISABLE TRIGGER ALL',
  'DROP TABLE ledger_entries CASCADE',
  'DELETE FROM wallets',
  'DELETE FROM payment_movements',
])('the service role may not: %s', async (statement) => {
  await expect(role.query(statement)).rejects.toThrow(/permission denied|must be owner/)
})

test.each([
  "UPDATE ledger_entries SET amount = amount * 2 WHERE user_id = 'owner'",
  "DELETE FROM ledger_entries WHERE user_id = 'owner'",
  'TRUNCATE ledger_entries',
])("even the table's owner may not: %s", async (statement) => {
  await expect(it.owner.query(statement)).rejects.toThrow('ledger entries are immutable')
})

const entry = (account: string, userId: string | null, kind: string, amount: number): string =>
  `(gen_random_uuid(), '${account}', ${userId === null ? 'NULL' : `'${userId}'`}, '${kind}', ${amount},
    ${userId === null ? 'NULL' : '1000'})`
const insert = (...entries: string[]): string =>
  `INSERT INTO ledger_entries (transaction_id, account, user_id, kind, amount, balance_after)
   VALUES ${entries.join(', ')}`

test.each([
  ['one side alone', insert(entry('wallet', 'owner', 'CHARGE', 1_000)), 'do not sum to zero'],
  [
    'sides of two transactions',
    insert(entry('wallet', 'owner', 'CHARGE', 1_000), entry('funding', null, 'CHARGE', -1_000)),
    'do not sum to zero',
  ],
  ['nothing', insert(entry('wallet', 'owner', 'CHARGE', 0)), 'amount_check'],
  ['a charge that takes', insert(entry('wallet', 'owner', 'CHARGE', -1_000)), 'ledger_entries_direction'],
  ['a charge from sales', insert(entry('sales', null, 'CHARGE', -1_000)), 'ledger_entries_counter_account'],
  ["nobody's wallet", insert(entry('wallet', null, 'CHARGE', 1_000)), 'ledger_entries_owner'],
])('the ledger refuses %s', async (_what, statement, reason) => {
  await expect(role.query(statement)).rejects.toThrow(reason)
})

test('a balance below zero, or one its totals do not make, is refused by the table', async () => {
  await expect(
    role.query("UPDATE wallets SET balance = -1, total_used = total_charged + 1 WHERE user_id = 'owner'"),
  ).rejects.toThrow('wallets_balance_not_negative')
  await expect(
    role.query("UPDATE wallets SET balance = balance + 1 WHERE user_id = 'owner'"),
  ).rejects.toThrow('wallets_totals_make_the_balance')
})

test('the audit finds a balance that its entries do not make, and an unbalanced ledger', async () => {
  await it.charge('tampered', 5_000)
  await role.query(
    "UPDATE wallets SET balance = balance + 1, total_charged = total_charged + 1 WHERE user_id = 'tampered'",
  )
  await it.owner.query('BEGIN')
  await it.owner.query("SET LOCAL session_replication_role = 'replica'")
  await it.owner.query(insert(entry('funding', null, 'CHARGE', -77)))
  await it.owner.query('COMMIT')
  const { 4: found } = await it.violations()
  expect(found).toEqual([
    'wallet: all ledger entries together sum to -77, not to 0',
    'wallet: user tampered has a balance of 5001, the entries sum to 5000',
    expect.stringMatching(/^wallet: the entries of transaction .* sum to -77$/),
  ])
})
