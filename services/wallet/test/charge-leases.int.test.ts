import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Pool, Queryable } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { uuidv7 } from 'uuidv7'
import { leaseWork } from '../src/sql/charge-work.ts'
import type { ChargeWork } from '../src/sql/charge-work.ts'
import { insertCharges } from '../src/sql/charges.ts'

// No service runs here, so nobody else takes up what is due.
const LEASE_MS = 60_000
const all = { first: 100, again: 100, giveBack: 100 }

let environment: TestEnvironment
let one: Pool
let two: Pool

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  const connect = (): Pool =>
    openPatientPool(environment.databaseUrl('wallet'), { applicationName: 'charge-leases' })
  one = connect()
  two = connect()
})

afterAll(async () => {
  await one.end()
  await two.end()
  await environment.dispose()
})

// What one test leaves due would be leased by the next one.
beforeEach(() => one.query("UPDATE charges SET next_attempt_at = now() + interval '1 hour'"))

async function begin(count: number, isLeased = false): Promise<string[]> {
  const ids = Array.from({ length: count }, () => uuidv7())
  const charges = ids.map((chargeId) => ({
    chargeId,
    userId: 'somebody',
    amount: 5_000,
    key: { callerId: 'somebody', idempotencyKey: chargeId, requestHash: Buffer.from('of it') },
    cardToken: 'good',
    isLeased,
  }))
  await inTransaction(one, (tx) => insertCharges(tx, charges, LEASE_MS))
  return ids
}

const lease = (by: Queryable, limits = all): Promise<ChargeWork[]> =>
  leaseWork(by, limits, { leaseMs: LEASE_MS, giveUpMs: 600_000 })
const idsOf = (works: readonly ChargeWork[]) => works.map(({ chargeId }) => chargeId).toSorted()
const runOut = (ids: readonly string[]) =>
  one.query("UPDATE charges SET next_attempt_at = now() - interval '1 ms' WHERE charge_id = ANY ($1)", [ids])

test('a charge is leased once, by whoever asks first, until its lease runs out', async () => {
  const ids = await begin(60)
  const [mine, others] = await inTransaction(one, async (tx) => {
    const first = await lease(tx, { ...all, first: 40 })
    // The other one passes over what is being leased, and does not wait for it.
    return [first, await lease(two)]
  })
  expect([mine.length, others.length]).toEqual([40, 20])
  expect(idsOf([...mine, ...others])).toEqual(ids.toSorted())
  expect([await lease(one), await lease(two)]).toEqual([[], []])
  await runOut(ids.slice(0, 1))
  expect(await lease(two)).toMatchObject([{ chargeId: ids[0], attempts: 2, wasAsked: true }])
  expect(await lease(one)).toEqual([])
})

test('a charge whose process makes the first call is leased to nobody else until that lease runs out', async () => {
  const ids = await begin(3, true)
  expect(await lease(one)).toEqual([])
  await runOut(ids)
  const leased = await lease(two)
  expect(idsOf(leased)).toEqual(ids.toSorted())
  expect(leased).toMatchObject(ids.map(() => ({ attempts: 2, wasAsked: true })))
})

test('each kind of work is leased up to its own limit, whatever the others have', async () => {
  const [first, again, given] = [await begin(30), await begin(30, true), await begin(30, true)]
  await runOut([...again, ...given])
  await one.query(
    `UPDATE charges SET status = 'FAILED', reason = 'TIMEOUT', message = 'given up', finished_at = now() WHERE charge_id = ANY ($1)`,
    [given],
  )
  const some = idsOf(await lease(one, { first: 5, again: 10, giveBack: 20 }))
  const rest = idsOf(await lease(two))
  const counts = (found: string[]) =>
    [first, again, given].map((kind) => found.filter((id) => kind.includes(id)).length)
  expect([counts(some), counts(rest)]).toEqual([
    [5, 10, 20],
    [25, 20, 10],
  ])
})
