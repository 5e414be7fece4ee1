import { randomUUID } from 'node:crypto'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { checkMoney } from '../../ledger/check-money.ts'
import { runPerson } from '../../person/main.ts'
import { plainColumns } from '../../person/plain-columns.ts'
import { personalTables } from '../../person/personal-tables.ts'
import { serviceNames } from '../../scripts/services.ts'
import { ask, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'

/** Paths, patterns and JSON write these characters each in another way. */
const FAN = 'zoe+"x"@fan.example'
const MAIL = 'zoe@mail.example'

let network: OnSaleNetwork
let owner: Client

beforeAll(async () => {
  network = await startOnSaleNetwork()
  owner = createClient(network.environment.adminDatabaseUrl, 'person-test')
  await owner.connect()
})

afterAll(async () => {
  await owner?.end()
  await network?.stop()
})

async function person(...argv: string[]): Promise<{ code: number; printed: string; complained: string }> {
  const [printed, complained]: string[][] = [[], []]
  const code = await runPerson(argv, {
    env: { ADMIN_DATABASE_URL: network.environment.adminDatabaseUrl },
    print: (line) => printed?.push(line),
    complain: (line) => complained?.push(line),
  })
  return { code, printed: printed?.join('\n') ?? '', complained: complained?.join('\n') ?? '' }
}

/** Tables in which this text is, in whatever column, but where a 2 follows, as in the name of somebody else. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await owner.query<{ table: string }>(
    `SELECT table_schema || '.' || table_name AS table FROM information_schema.tables
     WHERE table_schema = ANY ($1) AND table_type = 'BASE TABLE' ORDER BY 1`,
    [serviceNames],
  )
  const found: string[] = []
  for (const { table } of rows) {
    const { rowCount } = await owner.query(
      `SELECT FROM ${table} t WHERE position($1 in replace(t::text, $1 || '2', '')) > 0 LIMIT 1`,
      [text],
    )
    if (rowCount !== 0) found.push(table)
  }
  return found
}

/** Buys a seat, gives it back, and is corrected to nothing by an admin, so that all ends. */
async function visit(as: string): Promise<{ reservationId: string }> {
  const { scheduleId } = await openOnSale(network, 10)
  const queueToken = await enter(network, as, scheduleId, 100_000)
  const claims = { email: MAIL, locale: 'ko' }
  const held = await ask(network, 'POST', '/api/v1/reservations', {
    as,
    queueToken,
    body: { scheduleId, quantity: 1 },
  })
  const { reservationId } = held.data
  const key = randomUUID()
  await eventually(async () => {
    const body = { reservationId, paymentMethod: 'BALANCE' }
    // On a busy machine it may be at work for a while; the same key waits for it again.
    const paid = await ask(network, 'POST', '/api/v1/payments', { as, claims, key, body })
    if (paid.status !== 201) throw new Error(`not paid but ${paid.status} ${paid.error?.code}`)
  })
  return { reservationId }
}

async function endAll(as: string, reservationId: string): Promise<void> {
  const cancelled = await ask(network, 'POST', `/api/v1/reservations/${reservationId}/cancel`, { as })
  expect(cancelled.status).toBe(200)
  const path = `/api/v1/admin/wallets/${encodeURIComponent(as)}/adjustments`
  await eventually(async () => {
    const { rows } = await owner.query(`SELECT FROM wallet.wallets WHERE user_id = $1 AND balance = 100000`, [
      as,
    ])
    if (rows.length === 0) throw new Error('the refund has not come')
  })
  const body = { amount: -100_000, reason: 'paid out to Zoe, 3 Fan Street' }
  const corrected = await ask(network, 'POST', path, { as: 'admin', admin: true, body })
  expect(corrected.status).toBe(201)
}

/** An admin charges a wallet; returns what reads that and the paths of what admins did with it. */
async function chargeWallet(as: string): Promise<() => Promise<unknown>> {
  const path = `/api/v1/users/${encodeURIComponent(as)}/balance/charge`
  const charge = { as: 'admin', admin: true, key: randomUUID(), body: { amount: 1_000 } }
  await eventually(async () => {
    const { status } = await ask(network, 'POST', path, charge)
    if (status !== 200) throw new Error(`not charged but ${status}`)
  })
  return async () => {
    const exported = JSON.parse((await person('--export', as)).printed)
    const actions: { path: string }[] = exported['wallet.admin_actions']
    return { wallets: exported['wallet.wallets'], paths: actions.map((action) => action.path) }
  }
}

test('every column of every table is said to be personal or not', async () => {
  const { rows } = await owner.query<{ table: string; column: string }>(
    `SELECT table_schema || '.' || table_name AS table, column_name AS column FROM information_schema.columns
     WHERE table_schema = ANY ($1)`,
    [serviceNames],
  )
  const personal = new Map(personalTables.map(({ table, personal: columns }) => [table, columns]))
  expect(rows.length).toBeGreaterThan(200)
  expect(
    rows
      .filter(
        ({ table, column }) =>
          !personal.get(table)?.includes(column) && !plainColumns.get(table)?.includes(column),
      )
      .map(({ table, column }) => `${table}.${column}`),
  ).toEqual([])
})

test('a person is exported; an erasure waits for what is running, then leaves nothing of them, and all money, and nobody else is touched', async () => {
  // A name that begins with the other.
  const near = `${FAN}2`
  const walletOfNear = await chargeWallet(near)
  const nearsWallet = await walletOfNear()
  expect(nearsWallet).toMatchObject({
    wallets: [{ user_id: near, balance: 1_000 }],
    paths: [`/api/v1/users/${encodeURIComponent(near)}/balance/charge`],
  })
  const { reservationId } = await visit(FAN)
  const before = await person('--export', FAN)
  const exported = JSON.parse(before.printed)
  expect(Object.keys(exported)).toEqual(
    expect.arrayContaining([
      'queue.queue_tokens',
      'reservation.reservations',
      'payment.payments',
      'payment.contacts',
      'wallet.ledger_entries',
    ]),
  )
  expect(exported['payment.contacts']).toMatchObject([{ user_id: FAN, email: MAIL, locale: 'ko' }])

  const early = await person('--erase', FAN, '--by', 'dpo')
  expect([early.code, early.printed]).toEqual([1, ''])
  expect(early.complained).toContain(`the tickets of reservation ${reservationId}`)
  expect(early.complained).toContain('a wallet that holds 50000')
  const still = JSON.parse((await person('--export', FAN)).printed)
  for (const table of ['payment.contacts', 'payment.payments', 'wallet.ledger_entries']) {
    expect(still[table]).toEqual(exported[table])
  }

  await endAll(FAN, reservationId)
  const erased = await eventually(async () => {
    const tried = await person('--erase', FAN, '--by', 'dpo')
    // What was done a moment ago may not be published yet, and an ended place may not be noted.
    if (tried.code !== 0) throw new Error(tried.complained)
    return tried
  })
  expect(erased.printed).toMatch(/^erased; what stays is of erased-[\w-]{36}: /)
  expect(JSON.parse((await person('--export', FAN)).printed)).toEqual({})
  expect(await walletOfNear()).toEqual(nearsWallet)
  for (const text of [FAN, JSON.stringify(FAN).slice(1, -1), encodeURIComponent(FAN), MAIL, 'Fan Street']) {
    expect([text, await tablesWith(text)]).toEqual([text, []])
  }
  // The second time there is nothing to do, and nothing more is noted.
  expect(await person('--erase', FAN, '--by', 'dpo')).toMatchObject({
    code: 0,
    printed: 'nothing is stored about this user',
  })
  const { rows } = await owner.query<{ outcome: string; path: string }>(
    `SELECT outcome, path FROM payment.admin_actions WHERE operation = 'erasePerson' AND admin_id = 'dpo'`,
  )
  expect(rows).toMatchObject([{ outcome: 'DONE', path: expect.stringMatching(/^\/people\/erased-/) }])

  const { environment } = network
  const [wallet, reservation, payment] = (['wallet', 'reservation', 'payment'] as const).map((name) =>
    environment.databaseUrl(name),
  )
  const report = await checkMoney(
    { wallet: wallet ?? '', reservation: reservation ?? '', payment: payment ?? '' },
    3,
  )
  expect(report.findings.filter(({ broken }) => broken > 0)).toEqual([])
  expect(report.entries).toBeGreaterThan(5)
})

test.each([
  [[], 'give one of --export and --erase'],
  [['--export', '1', '--erase', '1'], 'give one of'],
  [['--erase', '1'], '--by is given with --erase'],
  [['--export', 'x'.repeat(65)], '--export must be 1 to 64 characters'],
])('%j is answered with what is wrong', async (argv, problem) => {
  const { code, complained } = await person(...argv)
  expect([code, complained]).toEqual([2, expect.stringContaining(problem)])
})
