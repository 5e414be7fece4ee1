import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'

const AMOUNT = 5_000
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

let environment: TestEnvironment
let owner: ReturnType<typeof createClient>
/** Keeps rows locked. It sees what others do as it was when its transaction began. */
let locker: ReturnType<typeof createClient>
let stripe: Server
/** PaymentIntents that this Stripe has taken money for, by the Idempotency-Key. */
const taken = new Map<string, string>()
const asked: string[] = []
/** Called before an answer, with the key; an answer comes when it resolves. */
let beforeAnswer: (key: string) => Promise<void> = () => Promise.resolve()
/** Called before the money is taken. */
let beforeTaking: (key: string) => Promise<void> = () => Promise.resolve()
let running: ChildProcess[] = []

beforeAll(async () => {
  environment = await createTestEnvironment()
  owner = createClient(environment.adminDatabaseUrl, 'crash-test')
  await owner.connect()
  locker = createClient(environment.adminDatabaseUrl, 'crash-test-locker')
  await locker.connect()
  for (const client of [owner, locker]) await client.query('SET search_path = wallet')
  stripe = createServer(async (request, response) => {
    await request.toArray()
    const key = String(request.headers['idempotency-key'])
    asked.push(key)
    await beforeTaking(key)
    const id = taken.get(key) ?? `pi_${taken.size + 1}`
    taken.set(key, id)
    await beforeAnswer(key)
    response.end(JSON.stringify({ id, status: 'succeeded' }))
  })
  stripe.listen(0, '127.0.0.1')
  await once(stripe, 'listening')
})

afterEach(async () => {
  beforeAnswer = () => Promise.resolve()
  beforeTaking = () => Promise.resolve()
  await Promise.all(running.map((child) => kill(child)))
  running = []
})

afterAll(async () => {
  await Promise.all([owner.end(), locker.end()])
  stripe.closeAllConnections()
  stripe.close()
  await environment.dispose()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the port has no number')
  return address.port
}

/** A wallet service in a process of its own, which can be killed. */
async function startProcess(): Promise<{ port: number; child: ChildProcess }> {
  const port = await freePort()
  const child = spawn(process.execPath, [MAIN], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      ...environment.serviceEnv('wallet'),
      HTTP_PORT: String(port),
      STRIPE_SECRET_KEY: 'sk_test_1',
      STRIPE_API_URL: `http://127.0.0.1:${portOf(stripe)}`,
      CARD_TIMEOUT_MS: '1000',
      CHARGE_WAIT_MS: '10000',
    },
  })
  running.push(child)
  await eventually(() => fetch(`http://127.0.0.1:${port}/api/v1/nothing`))
  return { port, child }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function charge(port: number, user: string) {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/users/${user}/balance/charge`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${await tokenFor(user)}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': `of-${user}`,
    },
    body: JSON.stringify({ amount: AMOUNT, card: { token: 'pm_1' } }),
  })
  const answer: { data?: { transactionId: string; currentBalance: number } } = JSON.parse(
    await response.text(),
  )
  return { status: response.status, data: answer.data }
}

const chargeOf = async (user: string) => {
  const { rows } = await owner.query<{ charge_id: string; status: string; balance: number; entries: number }>(
    `SELECT charge_id, status, coalesce((SELECT balance FROM wallets w WHERE w.user_id = c.user_id), 0) AS balance,
       (SELECT count(*) FROM ledger_entries e WHERE e.transaction_id = c.charge_id) AS entries
     FROM charges c WHERE user_id = $1`,
    [user],
  )
  expect(rows).toHaveLength(1)
  return rows[0]
}

/** Kills the process that has the charge in hand, starts another, and expects it to end the charge with its money whole. */
async function killAndExpectCharged(
  first: { child: ChildProcess },
  pending: Promise<unknown>,
  user: string,
): Promise<void> {
  await kill(first.child)
  await expect(pending).rejects.toThrow('fetch failed')
  beforeAnswer = () => Promise.resolve()
  beforeTaking = () => Promise.resolve()
  const next = await startProcess()
  const again = await charge(next.port, user)
  const stored = await chargeOf(user)
  expect(again).toEqual({
    status: 200,
    data: expect.objectContaining({ transactionId: stored?.charge_id, currentBalance: AMOUNT }),
  })
  expect(stored).toMatchObject({ status: 'CHARGED', balance: AMOUNT, entries: 2 })
  const key = `charge-${stored?.charge_id}`
  expect(new Set(asked.filter((one) => one.includes(stored?.charge_id ?? '')))).toEqual(new Set([key]))
  expect(taken.has(key)).toBe(true)
}

test('a process that is killed before the money is taken leaves a charge that the next one ends', async () => {
  const first = await startProcess()
  let isAsked = false
  beforeTaking = () => {
    isAsked = true
    return new Promise(() => undefined)
  }
  const pending = charge(first.port, 'early')
  await eventually(() => expect(isAsked).toBe(true))
  expect(await chargeOf('early')).toMatchObject({ status: 'CHARGING', balance: 0, entries: 0 })
  await killAndExpectCharged(first, pending, 'early')
})

test('a process that is killed after the money was taken and before it hears of it leaves nothing lost', async () => {
  const first = await startProcess()
  let isTaken = false
  beforeAnswer = () => {
    isTaken = true
    return new Promise(() => undefined)
  }
  const pending = charge(first.port, 'unheard')
  await eventually(() => expect(isTaken).toBe(true))
  await killAndExpectCharged(first, pending, 'unheard')
})

test('a process that is killed while it books the money books it once', async () => {
  const first = await startProcess()
  let isHeld = true
  beforeAnswer = async () => {
    // The answer comes when the charge can't be booked: somebody has its row.
    if (!isHeld) return
    await locker.query('BEGIN')
    await locker.query("SELECT FROM charges WHERE user_id = 'booked' FOR UPDATE")
  }
  const pending = charge(first.port, 'booked')
  await eventually(async () => {
    const { rows } = await owner.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM charges%'`,
    )
    expect(rows).toHaveLength(1)
  })
  isHeld = false
  await kill(first.child)
  // Its connections go on without it, so the database ends them as if their machine was gone.
  await owner.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'wallet'",
  )
  await locker.query('ROLLBACK')
  await killAndExpectCharged(first, pending, 'booked')
})
