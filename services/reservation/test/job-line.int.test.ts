import { afterEach, expect, test } from '@jest/globals'
import { keepFromHolding } from './keep-from-holding.ts'
import { layOutRuns } from './neighbours.ts'
import { startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

let running: RunningService

afterEach(() => running.stop())

/** Asks for a seat as a job. */
const ask = (userId: string, scheduleId = 1) =>
  running.hold(userId, { scheduleId, quantity: 1 }, { prefer: 'respond-async' })

const endOf = async (userId: string, jobId: string) =>
  (await running.call(userId, 'GET', `/jobs/${jobId}?wait=9`)).data

test('more open jobs of one person than seats are 429, also of requests that come at once; others go on', async () => {
  running = await startRunningService({ env: { SEATS_PER_USER_MAX: '2' } })
  const release = await keepFromHolding(running.db, '1', 1)
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask('1')))
  const jobIds = answers.filter(({ status }) => status === 202).map(({ data }) => String(data.jobId))
  expect(jobIds).toHaveLength(2)
  const refused = answers.find(({ status }) => status !== 202)
  expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED', details: { limit: 2, open: 2 } })
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await ask('1')).toMatchObject({ status: 429, code: 'RATE_LIMITED' })
  expect((await ask('1', 2)).status).toBe(202)
  expect((await ask('2')).status).toBe(202)
  await release()
  for (const jobId of jobIds) expect(await endOf('1', jobId)).toMatchObject({ status: 'completed' })
  expect((await ask('1')).status).toBe(202)
})

test('a job that could only begin after its time is 503, and the first in line is not', async () => {
  running = await startRunningService()
  const now = Date.now()
  const open = { bookingOpenAtMs: now - 1_000, bookingCloseAtMs: now + 3_600_000 }
  running.neighbours.schedules.set(5, { status: 'ON_SALE', ...open, runs: layOutRuns(5, 10) })
  // Five jobs of before took 130 s each.
  await running.db.query(
    `INSERT INTO jobs (job_id, ordinal, type, user_id, schedule_id, choice, status, created_at, due_at, give_up_at, started_at, completed_at, result)
     SELECT gen_random_uuid(), n, 'hold', 'old', 5, '{}', 'completed', at, at, at, at, at + interval '130 seconds', '{}'
     FROM generate_series(1, 5) n, LATERAL (SELECT now() - n * interval '10 minutes' AS at) began`,
  )
  const release = await keepFromHolding(running.db, '1', 5)
  const first = await ask('1', 5)
  expect(first).toMatchObject({ status: 202, data: { position: 1, estimatedWaitSeconds: 130 } })
  const second = await ask('2', 5)
  expect(second).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  expect(second.headers.get('retry-after')).toBe('30')
  await release()
  expect(await endOf('1', first.data.jobId)).toMatchObject({ status: 'completed' })
  expect((await ask('2', 5)).status).toBe(202)
})

test('to accept a job and to look at it costs the same however long the line is', async () => {
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '60000' } })
  const release = await keepFromHolding(running.db, '1', 1)
  expect((await ask('1')).status).toBe(202)
  await running.db.query(
    `INSERT INTO jobs (job_id, ordinal, type, user_id, queue_token, schedule_id, choice, created_at, due_at, give_up_at)
     SELECT gen_random_uuid(), 1 + n, 'hold', 'p' || n, 't', 1, '{}', now(), now(), now() + interval '1 hour'
     FROM generate_series(1, 5000) n`,
  )
  for (let person = 2; person <= 6; person += 1) {
    const { jobId } = (await ask(String(person))).data
    const { data } = await running.call(String(person), 'GET', `/jobs/${jobId}`)
    expect(data).toMatchObject({ status: 'waiting', position: 5_000 + person })
  }
  // A connection that ends reports all that it did.
  await Promise.all([running.service.stop(), release()])
  const { rows } = await running.db.query<{ read: number }>(
    `SELECT sum(idx_tup_read)::float8 AS read FROM pg_stat_user_indexes WHERE relname = 'jobs'`,
  )
  expect(rows[0]?.read).toBeLessThan(5_000)
})
