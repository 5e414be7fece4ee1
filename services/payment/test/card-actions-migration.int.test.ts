import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'

const migration = (file: string) => readFile(join(import.meta.dirname, '../migrations', file), 'utf8')

let environment: TestEnvironment
let client: Client

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  client = createClient(environment.adminDatabaseUrl, 'payment-test')
  await client.connect()
  await client.query('CREATE SCHEMA before; SET search_path = before')
  await client.query(await migration('0001_payments.sql'))
})

afterAll(async () => {
  await client?.end()
  await environment?.dispose()
})

test('orders that are open when the migration runs are due when they were, and what is done stays done', async () => {
  const orders = [
    // wanted, status, when its lease ends, in seconds from now, attempts
    ['CAPTURED', 'PENDING', null, 0],
    ['CAPTURED', 'PENDING', 4_000, 3],
    ['REFUNDED', 'PENDING', -5_000, 2],
    ['REFUNDED', 'CAPTURED', null, 0],
    ['CAPTURED', 'CAPTURED', null, 0],
    ['CAPTURED', 'DECLINED', null, 0],
    ['REFUNDED', 'REFUNDED', null, 0],
  ]
  for (const [place, [wanted, status, lease, attempts]] of orders.entries()) {
    const paymentId = `00000000-0000-7000-8000-00000000000${place}`
    await client.query(
      `INSERT INTO payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status)
       VALUES ($1, $1, 'u-1', 1, 100, 'CARD', 'PENDING')`,
      [paymentId],
    )
    await client.query(
      `INSERT INTO card_captures (payment_id, amount, wanted, status, leased_until, attempts)
       VALUES ($1, 100, $2, $3, now() + make_interval(secs => $4), $5)`,
      [paymentId, wanted, status, lease, attempts],
    )
  }
  await client.query(await migration('0003_card_actions.sql'))
  const { rows } = await client.query<{ lane: string | null; due: number | null; leased: boolean }>(
    `SELECT lane, round(extract(epoch FROM due_at - now()), -3)::int AS due, leased_until IS NOT NULL AS leased
     FROM card_captures ORDER BY payment_id`,
  )
  const due = (lane: string, inSeconds: number) => ({ lane, due: inSeconds, leased: false })
  const done = { lane: null, due: null, leased: false }
  expect(rows).toEqual([
    due('capture', 0),
    due('capture again', 4_000),
    due('void', -5_000),
    due('refund', 0),
    done,
    done,
    done,
  ])
})
