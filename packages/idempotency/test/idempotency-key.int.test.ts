import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { checkKeys } from '../src/audit.ts'
import {
  claimKey,
  findClaim,
  storeAnswer,
  storeResource,
  tidyKeys,
  unlockKey,
} from '../src/idempotency-key.ts'
import type { Claim, KeyedRequest } from '../src/idempotency-key.ts'

let environment: TestEnvironment
let pool: Pool

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  pool = createPool({
    url: environment.databaseUrl('payment'),
    applicationName: 'idempotency-test',
    max: 10,
    statementTimeoutMs: 5_000,
    onError: () => {},
  })
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

const claim = (keyed: KeyedRequest, lockedForMs = 10_000): Promise<Claim> =>
  inTransaction(pool, (tx) => claimKey(tx, keyed, lockedForMs))

/** Claims the key, adds one effect if the request is new, and answers. */
const answer = (keyed: KeyedRequest, effects: string[]): Promise<unknown> =>
  inTransaction(pool, async (tx) => {
    const claimed = await claimKey(tx, keyed, 10_000)
    if (claimed.kind === 'replay') return claimed.response
    const response = { made: randomUUID() }
    effects.push(response.made)
    await storeAnswer(tx, keyed, { status: 201, response, resourceId: response.made })
    return response
  })

describe('the same key', () => {
  test('is answered again with status and body, whatever the order of its fields', async () => {
    const first = request({ seats: [1, 2], note: { a: 1, b: 2 } })
    expect(await claim(first)).toEqual({ kind: 'new' })
    await storeAnswer(pool, first, { status: 201, response: { id: 'x', list: [1] } })
    const again = { ...first, content: { note: { b: 2, a: 1 }, seats: [1, 2], left: undefined } }
    expect(await claim(again)).toEqual({ kind: 'replay', status: 201, response: { id: 'x', list: [1] } })
    expect(await findClaim(pool, again)).toMatchObject({ kind: 'replay', status: 201 })
  })

  test.each<[string, unknown]>([
    ['another value', { seats: [1, 3] }],
    ['another order of a list', { seats: [2, 1] }],
    ['one field more', { seats: [1, 2], note: null }],
    ['a text for a number', { seats: ['1', 2] }],
  ])('with %s is refused', async (_what, content) => {
    const first = request({ seats: [1, 2] })
    await claim(first)
    await expect(claim({ ...first, content })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    await expect(findClaim(pool, { ...first, content })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
  })

  test('of another user or operation is another request', async () => {
    const first = request()
    await claim(first)
    expect(await claim({ ...first, userId: '102', content: 'other' })).toEqual({ kind: 'new' })
    expect(await claim({ ...first, operation: 'create-other', content: 'other' })).toEqual({ kind: 'new' })
  })

  test('twenty times at once has one effect and one answer', async () => {
    const keyed = request()
    const effects: string[] = []
    const answers = await Promise.all(Array.from({ length: 20 }, () => answer(keyed, effects)))
    expect(effects).toHaveLength(1)
    for (const response of answers) expect(response).toEqual({ made: effects[0] })
  })

  test('is free again when its transaction was rolled back', async () => {
    const keyed = request()
    const refused = inTransaction(pool, async (tx) => {
      await claimKey(tx, keyed, 10_000)
      throw new Error('refused')
    })
    await expect(refused).rejects.toThrow('refused')
    expect(await claim({ ...keyed, content: 'even another body' })).toEqual({ kind: 'new' })
  })
})

describe('a key whose request has not been answered', () => {
  test('is in progress while the first request may still be at work', async () => {
    const keyed = request()
    await claim(keyed)
    await expect(claim(keyed)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_IN_PROGRESS',
      retryAfterSeconds: 1,
    })
    expect(await findClaim(pool, keyed)).toBeUndefined()
  })

  test('starts anew once its lock has run out, and is then locked again', async () => {
    const keyed = request()
    await claim(keyed, 0)
    expect(await claim(keyed)).toEqual({ kind: 'new' })
    await expect(claim(keyed)).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' })
  })

  test('goes on with what it had made', async () => {
    const keyed = request()
    const resourceId = randomUUID()
    await claim(keyed)
    await storeResource(pool, keyed, resourceId)
    await unlockKey(pool, keyed)
    expect(await claim(keyed)).toEqual({ kind: 'resume', resourceId })
    expect(await findClaim(pool, keyed)).toMatchObject({ resourceId })
  })

  test('keeps the first answer that is stored, and its resource', async () => {
    const keyed = request()
    const resourceId = randomUUID()
    await claim(keyed)
    await storeAnswer(pool, keyed, { status: 201, response: 'first', resourceId })
    await storeAnswer(pool, keyed, { status: 500, response: 'second', resourceId: randomUUID() })
    await unlockKey(pool, keyed)
    expect(await claim(keyed)).toEqual({ kind: 'replay', status: 201, response: 'first' })
    expect(await findClaim(pool, keyed)).toMatchObject({ kind: 'replay' })
  })
})

test('old keys are deleted, young ones stay', async () => {
  const old = request()
  const young = request()
  await claim(old)
  await claim(young)
  await pool.query(
    "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE idempotency_key = $1",
    [old.key],
  )
  expect(await tidyKeys(pool, 24)).toBe(1)
  expect(await tidyKeys(pool, 24)).toBe(0)
  expect(await claim(old)).toEqual({ kind: 'new' })
  await expect(claim(young)).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' })
})

test('the audit finds a resource that two keys made', async () => {
  const before = await checkKeys(pool, 'payment')
  expect(before).toMatchObject({ number: 6, violationCount: 0, violations: [] })
  const resourceId = randomUUID()
  for (const keyed of [request(), request()]) {
    await claim(keyed)
    await storeResource(pool, keyed, resourceId)
  }
  const after = await checkKeys(pool, 'payment')
  expect(after.checked).toBe(before.checked + 2)
  expect(after).toMatchObject({
    violationCount: 1,
    violations: [`payment: ${resourceId} was made under 2 idempotency keys`],
  })
})
