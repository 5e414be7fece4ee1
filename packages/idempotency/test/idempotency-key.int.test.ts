import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { AnsweredKeys } from '../src/answered-keys.ts'
import { checkKeys } from '../src/audit.ts'
import { findAnswer, tidyKeys } from '../src/idempotency-key.ts'
import type { KeyedRequest } from '../src/idempotency-key.ts'

let environment: TestEnvironment
let pool: Pool

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  pool = openPatientPool(environment.databaseUrl('payment'), { max: 10, applicationName: 'idempotency-test' })
})

afterAll(async () => {
  await pool.end()
  await environment.dispose()
})

const request = (content: unknown = { amount: 1 }): KeyedRequest => ({
  userId: '101',
  operation: 'create-thing',
  key: randomUUID(),
  content,
})

/** Answers this request with its own content. */
const answer = (keyed: KeyedRequest, resourceId = randomUUID()): Promise<boolean> =>
  inTransaction(pool, async (tx) => {
    const keys = await AnsweredKeys.load(tx, [keyed])
    keys.answerOnce(keyed, () => ({ status: 201, response: keyed.content, resourceId }))
    return keys.save(tx)
  })

describe('the same key', () => {
  test('is answered again with the same body, whatever the order of its fields', async () => {
    const first = request({ seats: [1, 2], note: { a: 1, b: 2 } })
    expect(await findAnswer(pool, first)).toBeUndefined()
    await answer(first)
    const again = { ...first, content: { note: { b: 2, a: 1 }, seats: [1, 2], left: undefined } }
    expect(await findAnswer(pool, again)).toEqual({ response: first.content })
  })

  test.each<[string, unknown]>([
    ['another value', { seats: [1, 3] }],
    ['another order of a list', { seats: [2, 1] }],
    ['one field more', { seats: [1, 2], note: null }],
    ['a text for a number', { seats: ['1', 2] }],
  ])('with %s is refused', async (_what, content) => {
    const first = request({ seats: [1, 2] })
    await answer(first)
    await expect(findAnswer(pool, { ...first, content })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
  })

  test('with another moment is refused', async () => {
    const first = request({ at: new Date(1) })
    await answer(first)
    const other = { ...first, content: { at: new Date(2) } }
    await expect(findAnswer(pool, other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    expect(await findAnswer(pool, { ...first, content: { at: new Date(1) } })).toBeDefined()
  })

  test('of another user or operation is another request', async () => {
    const first = request()
    await answer(first)
    expect(await findAnswer(pool, { ...first, userId: '102', content: 'other' })).toBeUndefined()
    expect(await findAnswer(pool, { ...first, operation: 'create-other', content: 'other' })).toBeUndefined()
  })
})

test('old keys are deleted, young ones stay', async () => {
  const old = request()
  const young = request()
  await answer(old)
  await answer(young)
  await pool.query(
    "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE idempotency_key = $1",
    [old.key],
  )
  expect(await tidyKeys(pool, 24)).toBe(1)
  expect(await tidyKeys(pool, 24)).toBe(0)
  expect(await findAnswer(pool, old)).toBeUndefined()
  expect(await findAnswer(pool, young)).toEqual({ response: young.content })
})

test('the audit finds a resource that two keys made', async () => {
  const before = await checkKeys(pool, 'payment')
  expect(before).toMatchObject({ number: 6, violationCount: 0, violations: [] })
  const resourceId = randomUUID()
  for (const keyed of [request(), request()]) await answer(keyed, resourceId)
  const after = await checkKeys(pool, 'payment')
  expect(after.checked).toBe(before.checked + 2)
  expect(after).toMatchObject({
    violationCount: 1,
    violations: [`payment: ${resourceId} was made under 2 idempotency keys`],
  })
})
