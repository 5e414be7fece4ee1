import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { AnsweredKeys } from '../src/answered-keys.ts'
import { findAnswer } from '../src/idempotency-key.ts'
import type { KeyedRequest } from '../src/idempotency-key.ts'

let environment: TestEnvironment
let pool: Pool

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  pool = openPatientPool(environment.databaseUrl('payment'), {
    max: 10,
    applicationName: 'answered-keys-test',
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
const answer = (response: unknown) => () => ({ status: 201, response, resourceId: randomUUID() })
const never = () => {
  throw new Error('the effect ran again')
}

/** Answers all of these with their own contents, in one transaction. */
const answerAll = (requests: readonly KeyedRequest[]) =>
  inTransaction(pool, async (tx) => {
    const keys = await AnsweredKeys.load(tx, requests)
    for (const keyed of requests) keys.answerOnce(keyed, answer(keyed.content))
    return keys.save(tx)
  })

test('keys and answers that were written together are found again, whoever asks', async () => {
  const requests = [request({ amount: 1 }), request({ amount: 2 }), request({ amount: 3 })]
  expect(await answerAll(requests)).toBe(true)
  await inTransaction(pool, async (tx) => {
    const keys = await AnsweredKeys.load(tx, requests.toReversed())
    for (const keyed of requests) {
      expect(keys.answerOnce(keyed, never)).toEqual({ response: keyed.content, replayed: true })
      expect(await findAnswer(tx, keyed)).toEqual({ response: keyed.content })
    }
    expect(await keys.save(tx)).toBe(true)
  })
})

test('a key with other content is refused, stored or of the same transaction', async () => {
  const stored = request({ amount: 1 })
  await answerAll([stored])
  await inTransaction(pool, async (tx) => {
    const fresh = request({ amount: 1 })
    const keys = await AnsweredKeys.load(tx, [stored, fresh])
    keys.answerOnce(fresh, answer('first'))
    for (const keyed of [stored, fresh]) {
      expect(() => keys.answerOnce({ ...keyed, content: { amount: 2 } }, never)).toThrow(
        expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REUSED' }),
      )
      expect(keys.answerOnce(keyed, never).replayed).toBe(true)
    }
    const otherUser = { ...stored, userId: '102' }
    const otherOperation = { ...stored, operation: 'create-other' }
    expect(keys.answerOnce(otherUser, answer('theirs')).replayed).toBe(false)
    expect(keys.answerOnce(otherOperation, answer('another')).replayed).toBe(false)
    expect(await keys.save(tx)).toBe(true)
  })
  expect(await findAnswer(pool, { ...stored, userId: '102' })).toMatchObject({ response: 'theirs' })
})

test('an effect that throws leaves its key free and the others stored', async () => {
  const [refused, good] = [request(), request()]
  await inTransaction(pool, async (tx) => {
    const keys = await AnsweredKeys.load(tx, [refused, good])
    expect(() =>
      keys.answerOnce(refused, () => {
        throw new Error('refused')
      }),
    ).toThrow('refused')
    keys.answerOnce(good, answer('good'))
    expect(await keys.save(tx)).toBe(true)
  })
  expect(await findAnswer(pool, refused)).toBeUndefined()
  expect(await findAnswer(pool, good)).toMatchObject({ response: 'good' })
  expect(await answerAll([refused])).toBe(true)
})

test('who was not the first with one of the keys learns it, and the first answer stays', async () => {
  const [taken, free] = [request(), request()]
  const second = inTransaction(pool, async (tx) => {
    const keys = await AnsweredKeys.load(tx, [taken, free])
    expect(await answerAll([taken])).toBe(true)
    keys.answerOnce(taken, answer('too late'))
    keys.answerOnce(free, answer('in time'))
    if (!(await keys.save(tx))) throw new Error('not the first')
  })
  await expect(second).rejects.toThrow('not the first')
  expect(await findAnswer(pool, taken)).toMatchObject({ response: taken.content })
  expect(await findAnswer(pool, free)).toBeUndefined()
})
