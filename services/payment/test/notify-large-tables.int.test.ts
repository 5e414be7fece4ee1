import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createNotifyUnderTest, makePurchase, publishApproved } from './notify-under-test.ts'
import type { NotifyUnderTest } from './notify-under-test.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'
import type { WebhookReceiver } from './webhook-receiver.ts'

const ROWS = 20_000
const EVENTS = 12
const TABLES = ['contacts', 'notices', 'webhook_deliveries', 'payments']

let notify: NotifyUnderTest
let receiver: WebhookReceiver
let client: Client

beforeAll(async () => {
  notify = await createNotifyUnderTest()
  receiver = await startWebhookReceiver()
  client = createClient(notify.environment.adminDatabaseUrl, 'test')
  await client.connect()
  await client.query('SET search_path = payment')
  await client.query(
    `INSERT INTO webhooks (webhook_id, url, event_types, status, secret)
     VALUES (gen_random_uuid(), $1, '{payment.approved}', 'ENABLED', sha256('secret'))`,
    [receiver.url],
  )
  // One connection to another webhook that is away: a crowd waits there.
  await client.query(
    `INSERT INTO webhooks (webhook_id, url, event_types, status, secret)
     VALUES (gen_random_uuid(), 'http://127.0.0.1:9/away', '{payment.failed}', 'ENABLED', sha256('secret'))`,
  )
  const crowd = `generate_series(1, ${ROWS}) AS n`
  await client.query(
    `INSERT INTO contacts (user_id, email) SELECT 'past-' || n, n || '@example.com' FROM ${crowd}`,
  )
  await client.query(
    `INSERT INTO notices (notice_id, event_id, kind, user_id, reservation_id, schedule_id, is_bulk, status, due_at)
     SELECT gen_random_uuid(), gen_random_uuid(), 'CONFIRMATION', 'past-' || n, gen_random_uuid(), 1, n % 2 = 0,
       CASE WHEN n % 2 = 0 THEN 'PENDING' ELSE 'SENT' END, now() + interval '1 h' FROM ${crowd}`,
  )
  await client.query(
    `INSERT INTO webhook_deliveries (delivery_id, webhook_id, event_id, event_type, subject, body, status, due_at)
     SELECT gen_random_uuid(), webhook_id, gen_random_uuid(), 'payment.failed', 'subject ' || n / 4, '{}',
       CASE WHEN n % 2 = 0 THEN 'PENDING' ELSE 'DELIVERED' END, CASE WHEN n % 4 = 0 THEN now() + interval '1 h' END
     FROM ${crowd}, webhooks WHERE url LIKE '%/away'`,
  )
  await client.query(
    `INSERT INTO payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status)
     SELECT gen_random_uuid(), gen_random_uuid(), 'past-' || n, 1, 1, 'BALANCE', 'APPROVED' FROM ${crowd}`,
  )
  await client.query('ANALYZE')
})

afterAll(async () => {
  await client.end()
  await receiver.stop()
  await notify.stop()
})

test('no statement of a mail or a delivery reads a large table from end to end', async () => {
  const running = await notify.startProcess()
  const purchases = await Promise.all(
    Array.from({ length: EVENTS }, (_one, index) =>
      makePurchase(notify, { email: `large${index}@example.com` }),
    ),
  )
  // Once the process has tidied, which it does when it starts.
  await client.query('SELECT pg_stat_reset()')
  for (const purchase of purchases) await publishApproved(notify, purchase)
  await receiver.deliveries(EVENTS)
  await eventually(() => expect(notify.mailbox.list()).toHaveLength(EVENTS))
  await running.stop()
  // A connection reports all that it did when it ends.
  const rows = await eventually(async () => {
    const statistics = await client.query<{ table: string; reads: number; found: number }>(
      `SELECT relname AS table, seq_tup_read::int AS reads, idx_scan::int AS found FROM pg_stat_user_tables
       WHERE schemaname = 'payment' AND relname = ANY ($1) ORDER BY relname`,
      [TABLES],
    )
    expect(statistics.rows.filter(({ found }) => found > 0).map(({ table }) => table)).toEqual(
      TABLES.toSorted(),
    )
    return statistics.rows
  })
  // The scrape of a metric or a round of tidying may read one once.
  expect(rows.filter(({ reads }) => reads > ROWS * 2)).toEqual([])
})
