import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import { freePorts } from '@frontrow/local-stack/ports'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'

const AMOUNT = 5_000
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

let environment: TestEnvironment
let owner: ReturnType<typeof createClient>
let stripe: Server
/** The Idempotency-Keys of all calls. This Stripe takes money once for each. */
const asked: string[] = []
let running: ChildProcess[] = []

beforeAll(async () => {
  environment = await createTestEnvironment()
  owner = createClient(environment.adminDatabaseUrl, 'crash-test')
  await owner.connect()
  await owner.query('SET search_path = wallet')
  stripe = createServer(async (request, response) => {
    await request.toArray()
    const key = String(request.headers['idempotency-key'])
    asked.push(key)
    response.end(JSON.stringify({ id: `pi_${key}`, status: 'succeeded' }))
  })
  stripe.listen(0, '127.0.0.1')
  await once(stripe, 'listening')
})

afterEach(async () => {
  await Promise.all(running.map((child) => kill(child)))
  running = []
})

afterAll(async () => {
  await owner.end()
  stripe.closeAllConnections()
  stripe.close()
  await environment.dispose()
})

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the port has no number')
  return address.port
}

/** A wallet service in a process of its own, with these settings beside its own. */
async function startProcess(
  changed: Record<string, string> = {},
): Promise<{ port: number; child: ChildProcess }> {
  const [port = 0] = await freePorts(1)
  const child = spawn(process.execPath, [MAIN], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      ...environment.serviceEnv('wallet'),
      HTTP_PORT: String(port),
      STRIPE_SECRET_KEY: 'sk_test_1',
      STRIPE_API_URL: `http://127.0.0.1:${portOf(stripe)}`,
      CARD_TIMEOUT_MS: '1000',
      CHARGE_WAIT_MS: '30000',
      ...changed,
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

/** As after 5 s: a lease is three times as long as a call may take, and two seconds. One that would not run out is left as it is. */
async function letLeasesRunOut(): Promise<void> {
  await owner.query(
    `UPDATE charges SET next_attempt_at = now() WHERE next_attempt_at BETWEEN now() AND now() + interval '5 s'`,
  )
}

test.each([
  ['before it asks for the money', 'card-leased', 0],
  ['after the money was taken and before it stores that', 'card-answered', 1],
  ['before it commits what it has booked', 'card-applied', 1],
])(
  'a process that dies %s leaves a charge that the next one ends, once',
  async (_when, place, takenBefore) => {
    const user = place
    const first = await startProcess({ FAILPOINT: `${place}/CHARGING:exit@1` })
    const [[, signal]] = await Promise.all([
      once(first.child, 'exit'),
      expect(charge(first.port, user)).rejects.toThrow('fetch failed'),
    ])
    expect(signal).toBe('SIGKILL')
    const left = await chargeOf(user)
    expect(left).toMatchObject({ status: 'CHARGING', balance: 0, entries: 0 })
    const key = `charge-${left?.charge_id}`
    expect(asked.filter((one) => one === key)).toHaveLength(takenBefore)

    await letLeasesRunOut()
    const next = await startProcess()
    expect(await charge(next.port, user)).toEqual({
      status: 200,
      data: expect.objectContaining({ transactionId: left?.charge_id, currentBalance: AMOUNT }),
    })
    expect(await chargeOf(user)).toMatchObject({ status: 'CHARGED', balance: AMOUNT, entries: 2 })
    expect(asked.filter((one) => one.includes(left?.charge_id ?? ''))).toEqual(
      Array.from({ length: takenBefore + 1 }, () => key),
    )
  },
)
