import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { checkPaymentKeys } from '../src/sql/payment-keys.ts'
import { beginPayments, startInstance } from './saga-instance.ts'
import type { Instance } from './saga-instance.ts'

let environment: TestEnvironment
let one: Instance

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  one = startInstance(environment)
})

afterAll(async () => {
  await one.stop()
  await environment.dispose()
})

test('the audit looks at each payment that is paid, and reports those that do not say when', async () => {
  const { pool } = one.ctx
  const [paid, undated] = await beginPayments(pool, ['BALANCE', 'BALANCE', 'BALANCE'])
  await pool.query(
    `UPDATE payments SET status = 'APPROVED', paid_at = CASE payment_id WHEN $1 THEN now() END WHERE payment_id IN ($1, $2)`,
    [paid?.paymentId, undated?.paymentId],
  )
  expect(await checkPaymentKeys(pool)).toMatchObject({
    number: 6,
    checked: 2,
    violationCount: 1,
    violations: [expect.stringContaining(undated?.paymentId ?? 'no payment')],
  })
})
