import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hashContent } from '@frontrow/idempotency/idempotency-key'
import { migrateSchema } from '@frontrow/migrations/migrate-schema'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import { createTestEnvironment, testPassword } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { uuidv7 } from 'uuidv7'
import { startPurchase } from '../src/start-purchase.ts'
import { startInstance } from './saga-instance.ts'

const PACKAGES = join(import.meta.dirname, '../../../packages')
const SHARED = ['messaging', 'idempotency'].map((name) => join(PACKAGES, name, 'migrations'))
const MIGRATIONS = join(import.meta.dirname, '../migrations')

let environment: TestEnvironment
let admin: Client

const migrate = (folder: string) =>
  migrateSchema(admin, {
    name: 'payment',
    password: testPassword('payment'),
    directories: [...SHARED, folder],
  })

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  admin = createClient(environment.adminDatabaseUrl, 'payment-test')
  await admin.connect()
  await admin.query('DROP SCHEMA payment CASCADE')
  const folder = await mkdtemp(join(tmpdir(), 'frontrow-old-migrations-'))
  const old = (await readdir(MIGRATIONS)).filter((file) => file < '0005')
  for (const file of old) await cp(join(MIGRATIONS, file), join(folder, file))
  await migrate(folder)
  await rm(folder, { recursive: true })
})

afterAll(async () => {
  await admin.end()
  await environment.dispose()
})

test('a payment of before the upgrade is the answer to its key after it, and its seats are not made up', async () => {
  const [paymentId, reservationId] = [uuidv7(), uuidv7()]
  const content = { reservationId, paymentMethod: 'BALANCE', cardToken: null }
  await admin.query(
    `INSERT INTO payment.payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status, paid_at,
       idempotency_key, request_hash)
     VALUES ($1, $2, '101', 42, 1000, 'BALANCE', 'APPROVED', now(), 'old-key', $3), ($4, $5, '101', 42, 1, 'CARD', 'FAILED', NULL, NULL, NULL)`,
    [paymentId, reservationId, hashContent(content), uuidv7(), uuidv7()],
  )
  await migrate(MIGRATIONS)
  const one = startInstance(environment)
  try {
    const ctx = {
      ...one.ctx,
      getReservation: () => Promise.reject(refuse('RESERVATION_NOT_FOUND', 'the reservation is gone')),
    }
    const request = { userId: '101', idempotencyKey: 'old-key', reservationId, cardToken: null, waitMs: 0 }
    const answer = await startPurchase(ctx, { ...request, paymentMethod: 'BALANCE' })
    expect(answer).toMatchObject({
      kind: 'approved',
      isReplay: true,
      payment: { paymentId, status: 'APPROVED' },
      reservation: { reservationId, reservationNumber: null, status: 'CONFIRMED', seats: null },
    })
    const otherAmount = startPurchase(ctx, { ...request, paymentMethod: 'BALANCE', amount: 1 })
    await expect(otherAmount).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  } finally {
    await one.stop()
  }
})
