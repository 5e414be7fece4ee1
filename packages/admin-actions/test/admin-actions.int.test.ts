import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Client, Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { completeAdminAction, logAdminAction } from '../src/admin-actions.ts'
import type { AdminActionEnd } from '../src/admin-actions.ts'
import { listAdminActions } from '../src/list-admin-actions.ts'

let environment: TestEnvironment
let pool: Pool
let owner: Client

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  pool = openPatientPool(environment.databaseUrl('wallet'), { applicationName: 'admin-actions-test' })
  owner = createClient(environment.adminDatabaseUrl, 'admin-actions-test')
  await owner.connect()
  await owner.query('SET search_path = wallet')
  // Something to write: the wallet's own tables are not this test's matter.
  await owner.query('CREATE TABLE written (what text); GRANT ALL ON written TO wallet')
})

beforeEach(async () => {
  await owner.query('TRUNCATE admin_actions, written')
})

afterAll(async () => {
  await owner.end()
  await pool.end()
  await environment.dispose()
})

const action = {
  adminId: 'boss',
  role: 'finance',
  operation: 'changeThing',
  method: 'PATCH',
  path: '/api/v1/admin/things/7',
  body: { size: 3, secret: 'x' },
  requestId: 'request-1',
}
const failures: unknown[] = []
const ends = {
  endOf: (result: PromiseSettledResult<unknown>): AdminActionEnd =>
    result.status === 'fulfilled' ? { outcome: 'DONE', status: 200 } : { outcome: 'REFUSED', status: 409 },
  onError: (error: unknown): void => void failures.push(error),
}
const log = (run: () => Promise<unknown>) => logAdminAction(pool, action, run, ends)
const all = { beforeActionId: undefined, adminId: undefined, path: undefined, limit: 51 }
const logged = () => listAdminActions(pool, all)
const writeInTransaction = (what: string, after: () => void = () => undefined) =>
  inTransaction(pool, async (tx) => {
    await tx.query('INSERT INTO written (what) VALUES ($1)', [what])
    await completeAdminAction(tx)
    after()
  })

test('an action is there before its write begins, DONE with its commit, and has the status of its answer at the end', async () => {
  const seen: unknown[] = []
  const answer = await log(async () => {
    seen.push(...(await logged()))
    await writeInTransaction('a')
    seen.push(...(await logged()))
    return 'answer'
  })
  expect(answer).toBe('answer')
  const asked = {
    actionId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    adminId: 'boss',
    role: 'finance',
    operation: 'changeThing',
    method: 'PATCH',
    path: '/api/v1/admin/things/7',
    body: '{"size":3,"secret":"[hidden]"}',
    requestId: 'request-1',
    beganAtMs: expect.any(Number),
  }
  // A process that dies between its commit and its answer leaves the second of these.
  expect(seen).toEqual([
    { ...asked, outcome: '', status: 0, endedAtMs: 0 },
    { ...asked, outcome: 'DONE', status: 0, endedAtMs: expect.any(Number) },
  ])
  expect(await logged()).toEqual([{ ...asked, outcome: 'DONE', status: 200, endedAtMs: expect.any(Number) }])
})

test('a write that is rolled back is not DONE; its action has the refusal', async () => {
  const refused = log(() =>
    writeInTransaction('b', () => {
      throw new Error('refused')
    }),
  )
  await expect(refused).rejects.toThrow('refused')
  expect(await logged()).toMatchObject([{ outcome: 'REFUSED', status: 409 }])
  expect((await owner.query('SELECT * FROM written')).rows).toEqual([])
})

test('what failed after its commit is DONE, with the status that was answered', async () => {
  const late = log(async () => {
    await writeInTransaction('c')
    throw new Error('late')
  })
  await expect(late).rejects.toThrow('late')
  expect(await logged()).toMatchObject([{ outcome: 'DONE', status: 409 }])
})

test('where the log can not be written, nothing is begun', async () => {
  await owner.query('REVOKE INSERT ON admin_actions FROM wallet')
  let isBegun = false
  try {
    const refused = log(async () => {
      isBegun = true
    })
    await expect(refused).rejects.toThrow('permission denied')
  } finally {
    await owner.query('GRANT INSERT ON admin_actions TO wallet')
  }
  expect(isBegun).toBe(false)
})

test('where the end can not be written, the answer is given and the failure is told', async () => {
  failures.length = 0
  await owner.query('REVOKE UPDATE (status) ON admin_actions FROM wallet')
  try {
    expect(await log(async () => 'answer')).toBe('answer')
  } finally {
    await owner.query('GRANT UPDATE (status) ON admin_actions TO wallet')
  }
  expect(failures).toEqual([
    expect.objectContaining({ message: expect.stringContaining('permission denied') }),
  ])
  expect(await logged()).toMatchObject([{ outcome: '', status: 0 }])
})

test('a write of somebody who is no admin leaves the log alone', async () => {
  await writeInTransaction('d')
  expect(await logged()).toEqual([])
})

test('actions at once do not end each other', async () => {
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      logAdminAction(
        pool,
        { ...action, requestId: `request-${index}` },
        async () => {
          if (index % 2 === 0) return writeInTransaction(String(index))
          throw new Error('refused')
        },
        ends,
      ).catch(() => undefined),
    ),
  )
  const outcomes = new Map((await logged()).map(({ requestId, outcome }) => [requestId, outcome]))
  for (let index = 0; index < 10; index += 1) {
    expect(outcomes.get(`request-${index}`)).toBe(index % 2 === 0 ? 'DONE' : 'REFUSED')
  }
})

test.each([
  "UPDATE admin_actions SET admin_id = 'somebody else'",
  "UPDATE admin_actions SET body = '{}'",
  'DELETE FROM admin_actions',
  'TRUNCATE admin_actions',
])('the service may not: %s', async (statement) => {
  await expect(pool.query(statement)).rejects.toThrow('permission denied')
})

test('how an action ended is written once, whoever writes', async () => {
  await log(() => writeInTransaction('e'))
  for (const change of ["outcome = 'REFUSED'", 'outcome = NULL', 'status = 500', 'status = NULL']) {
    await expect(pool.query(`UPDATE admin_actions SET ${change}`)).rejects.toThrow('is written once')
    await expect(owner.query(`UPDATE admin_actions SET ${change}`)).rejects.toThrow('is written once')
  }
})

test('the list is by admin and by path, with what is below it and nothing beside it', async () => {
  const paths = ['/a/things/7', '/a/things/7/seats', '/a/things/70', '/a/things/%']
  for (const path of paths) await logAdminAction(pool, { ...action, path }, async () => 1, ends)
  await logAdminAction(pool, { ...action, path: '/b', adminId: 'other' }, async () => 1, ends)
  const pathsOf = async (wanted: { path?: string; adminId?: string; limit?: number }) =>
    (await listAdminActions(pool, { ...all, ...wanted })).map(({ path }) => path)
  expect(await pathsOf({ path: '/a/things/7' })).toEqual(['/a/things/7/seats', '/a/things/7'])
  expect(await pathsOf({ path: '/a/things/%' })).toEqual(['/a/things/%'])
  expect(await pathsOf({ adminId: 'other' })).toEqual(['/b'])
  expect(await pathsOf({ limit: 2 })).toEqual(['/b', '/a/things/%'])
})
