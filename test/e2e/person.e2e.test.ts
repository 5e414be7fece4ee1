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
const OWN_KEY = 'the-key-of-zoe'
const BOSS = 'boss/of:wallets'

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
  const key = OWN_KEY
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
  // A client may write a path so, too.
  const spelling = encodeURIComponent(as).replace('%40', '@').replace('%2B', '%2b')
  const path = `/api/v1/admin/wallets/${spelling}/adjustments`
  await eventually(async () => {
    const { rows } = await owner.query(`SELECT FROM wallet.wallets WHERE user_id = $1 AND balance = 100000`, [
      as,
    ])
    if (rows.length === 0) throw new Error('the refund has not come')
  })
  const body = { amount: -100_000, reason: 'paid out to Zoe, 3 Fan Street' }
  const corrected = await ask(network, 'POST', path, { as: BOSS, admin: true, body })
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
    // Each try is logged.
    return { wallets: exported['wallet.wallets'], paths: [...new Set(actions.map((action) => action.path))] }
  }
}

test('every personal column is rewritten by an erasure, or it is said why it stays', () => {
  const forgotten = personalTables.flatMap(({ table, personal, erase, stays = {} }) =>
    erase === 'delete'
      ? []
      : personal
          .filter((column) => erase[column] === undefined && stays[column] === undefined)
          .map((column) => `${table}.${column}`),
  )
  expect(forgotten).toEqual([])
})

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
  for (const text of ['fan.example', MAIL, 'Fan Street', OWN_KEY]) {
    expect([text, await tablesWith(text)]).toEqual([text, []])
  }
  expect((await person('--erase', BOSS, '--by', 'dpo')).code).toBe(0)
  expect(await tablesWith('boss')).toEqual([])
  // The second time there is nothing to do, and nothing more is noted.
  expect(await person('--erase', FAN, '--by', 'dpo')).toMatchObject({
    code: 0,
    printed: 'nothing is stored about this user',
  })
  const { rows } = await owner.query<{ outcome: string; path: string }>(
    `SELECT outcome, path FROM payment.admin_actions WHERE operation = 'erasePerson' AND admin_id = 'dpo'`,
  )
  const noted = { outcome: 'DONE', path: expect.stringMatching(/^\/people\/erased-/) }
  expect(rows).toMatchObject([noted, noted])

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

test('what staff are in is erased wherever it is: answers, requests with a number; what only looks alike stays', async () => {
  const door = '4711'
  const answer = { checkedInBy: door, seat: { row: door }, reason: 'late' }
  await owner.query(
    `INSERT INTO reservation.idempotency_keys (user_id, operation, idempotency_key, request_hash, status, response, locked_until)
     VALUES ($1, 'check-in', 'a', '', 200, $2, now()), ('of-another', 'check-in', 'b', '', 200, $3, now())`,
    [door, JSON.stringify(answer), JSON.stringify({ seat: { row: door }, userId: 47110 })],
  )
  const body = JSON.stringify({ userId: 4711, reason: 'a "friend" of mine', amount: 4711 })
  await owner.query(
    `INSERT INTO wallet.admin_actions (action_id, admin_id, operation, method, path, body, request_id)
     VALUES ($1, 'chief', 'x', 'POST', '/x', $2, $3)`,
    [randomUUID(), body, randomUUID()],
  )
  const webhookId = randomUUID()
  await owner.query(
    `INSERT INTO payment.webhooks (webhook_id, url, event_types, status, secret) VALUES ($1, 'https://x.example', '{}', 'ENABLED', '')`,
    [webhookId],
  )
  await owner.query(
    `INSERT INTO payment.webhook_deliveries (delivery_id, webhook_id, event_id, event_type, subject, body, due_at)
     VALUES ($1, $2, $1, 'x', 'x', $3, now() + interval '1 day')`,
    [randomUUID(), webhookId, JSON.stringify({ userId: door })],
  )

  const early = await person('--erase', door, '--by', 'dpo')
  expect([early.code, early.complained]).toEqual([1, expect.stringContaining(`to webhook ${webhookId}`)])
  await owner.query(`UPDATE payment.webhook_deliveries SET status = 'FAILED' WHERE webhook_id = $1`, [
    webhookId,
  ])
  expect((await person('--erase', door, '--by', 'dpo')).code).toBe(0)

  const { rows: keys } = await owner.query<{ idempotency_key: string; response: unknown }>(
    `SELECT idempotency_key, response FROM reservation.idempotency_keys WHERE operation = 'check-in' ORDER BY user_id`,
  )
  const pseudonym = expect.stringMatching(/^erased-[\w-]{36}$/)
  expect(keys).toEqual([
    {
      idempotency_key: expect.stringMatching(/^[\w-]{36}$/),
      response: { checkedInBy: pseudonym, seat: { row: door }, reason: 'erased' },
    },
    { idempotency_key: 'b', response: { seat: { row: door }, userId: 47110 } },
  ])
  const { rows: actions } = await owner.query(
    `SELECT body FROM wallet.admin_actions WHERE admin_id = 'chief'`,
  )
  expect(actions).toEqual([{ body: { userId: pseudonym, reason: 'erased', amount: 4711 } }])
})

test('a role that may not, and a database that is away, are told without a stack', async () => {
  const away = { env: { ADMIN_DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' }, means: "can't be reached" }
  const ofService = {
    env: { ADMIN_DATABASE_URL: network.environment.databaseUrl('wallet') },
    means: 'the role has to own the schemas',
  }
  for (const { env, means } of [away, ofService]) {
    const complained: string[] = []
    const complain = (line: string) => complained.push(line)
    const code = await runPerson(['--erase', 'a', '--by', 'dpo'], { env, print: () => undefined, complain })
    expect([code, complained.join()]).toEqual([2, expect.stringMatching(/^person: nothing was erased: /)])
    expect(complained.join()).toContain(means)
  }
})

test.each([
  [
    'a row that a service changed meanwhile',
    `UPDATE payment.contacts SET locale = 'ko' WHERE user_id = 'met'`,
    'run it again',
  ],
  [
    'a connection that breaks',
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'person' AND datname = current_database()`,
    'the connection broke',
  ],
])('%s ends an erasure with nothing erased, and is told', async (_what, meanwhile, means) => {
  await owner.query(
    `INSERT INTO payment.contacts (user_id, email, locale) VALUES ('met', 'm@x.example', 'en') ON CONFLICT DO NOTHING`,
  )
  await owner.query('BEGIN')
  await owner.query(`SELECT FROM payment.contacts WHERE user_id = 'met' FOR UPDATE`)
  const erasing = person('--erase', 'met', '--by', 'dpo')
  await eventually(async () => {
    const { rowCount } = await owner.query(
      `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND application_name = 'person' AND datname = current_database()`,
    )
    if (rowCount === 0) throw new Error('the erasure does not wait for the row yet')
  })
  await owner.query(meanwhile)
  await owner.query('COMMIT')
  const { code, complained } = await erasing
  expect([code, complained]).toEqual([2, expect.stringMatching(/^person: nothing was erased: /)])
  expect(complained).toContain(means)
  const { rowCount } = await owner.query(`SELECT FROM payment.contacts WHERE user_id = 'met'`)
  expect(rowCount).toBe(1)
})

test.each([
  [[], 'give one of --export and --erase'],
  [['--export', '1', '--erase', '1'], 'give one of'],
  [['--erase', '1'], '--by is given with --erase'],
  [['--erase', '1', '--by', '1'], '--by must be somebody else'],
  [['--export', 'x'.repeat(65)], '--export must be 1 to 64 characters'],
])('%j is answered with what is wrong', async (argv, problem) => {
  const { code, complained } = await person(...argv)
  expect([code, complained]).toEqual([2, expect.stringContaining(problem)])
})
