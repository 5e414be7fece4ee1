import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { lockJobsOf } from '../src/sql/jobs.ts'
import { keepFromHolding } from './keep-from-holding.ts'
import { startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const ASYNC = { prefer: 'respond-async' }

let running: RunningService

beforeAll(async () => {
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '200', JOBS_WAITING_MAX: '3' } })
})
afterAll(() => running.stop())

const jobOf = (userId: string, jobId: string, query = '') =>
  running.call(userId, 'GET', `/jobs/${jobId}${query}`)

/** The job when it has ended. */
const endOf = async (userId: string, jobId: string) => {
  const { data } = await jobOf(userId, jobId, '?wait=9')
  expect(['completed', 'failed']).toContain(data.status)
  return data
}

async function seatsOf(userId: string): Promise<number[]> {
  const { rows } = await running.db.query<{ seat_id: number }>(
    'SELECT seat_id FROM seat_holds WHERE user_id = $1 AND expires_at > clock_timestamp() ORDER BY seat_id',
    [userId],
  )
  return rows.map((row) => row.seat_id)
}

describe('Prefer: respond-async', () => {
  test('a hold is accepted as a job at once, whose result is the hold', async () => {
    const accepted = await running.hold('101', { scheduleId: 1, seatIds: [1002, 1001] }, ASYNC)
    expect(accepted.status).toBe(202)
    expect(accepted.data).toEqual({
      jobId: expect.stringMatching(UUIDV7),
      position: 1,
      estimatedWaitSeconds: 1,
      statusEndpoint: `/api/v1/jobs/${accepted.data.jobId}`,
    })
    expect(accepted.headers.get('location')).toBe(accepted.data.statusEndpoint)
    expect(accepted.headers.get('preference-applied')).toBe('respond-async')
    const job = await endOf('101', accepted.data.jobId)
    expect(job).toEqual({
      jobId: accepted.data.jobId,
      type: 'hold',
      status: 'completed',
      result: expect.objectContaining({ userId: '101', scheduleId: 1, status: 'HOLD', totalAmount: 3_000 }),
      createdAt: expect.any(String),
      completedAt: expect.any(String),
    })
    const read = await running.call('101', 'GET', `/reservations/${job.result.reservationId}`)
    expect(read.data).toMatchObject({ status: 'HOLD', expiresAt: job.result.expiresAt })
    expect(await seatsOf('101')).toEqual([1001, 1002])
  })

  test('a job whose buyer saw another price fails and holds nothing', async () => {
    const body = { scheduleId: 1, seatIds: [1005], price: 1 }
    const { data } = await running.hold('price-seer', body, ASYNC)
    const job = await endOf('price-seer', data.jobId)
    expect(job).toMatchObject({ status: 'failed', error: { code: 'PRICE_CHANGED', details: { seen: 1 } } })
    expect(await seatsOf('price-seer')).toEqual([])
  })

  test('a job takes the best available seats of the price that was seen', async () => {
    const { data } = await running.hold('price-taker', { scheduleId: 1, quantity: 1, price: 900 }, ASYNC)
    const job = await endOf('price-taker', data.jobId)
    expect(job).toMatchObject({ status: 'completed', result: { totalAmount: 900 } })
  })

  test('other preferences are passed over, and the answer is the hold', async () => {
    const held = await running.hold(
      '102',
      { scheduleId: 1, seatIds: [1003] },
      { prefer: 'wait=5, foo="respond-async"' },
    )
    expect(held.status).toBe(201)
    expect(held.headers.get('preference-applied')).toBeNull()
  })

  test('what can be refused at once is no job', async () => {
    const { neighbours } = running
    const hold = (...request: Parameters<RunningService['hold']>) => running.hold(...request)
    const waits = randomUUID()
    neighbours.refusedTokens.set(waits, 'QUEUE_TOKEN_NOT_ACTIVE')
    const seat = { scheduleId: 1, seatIds: [1004] }
    const { rows: before } = await running.db.query('SELECT count(*) FROM jobs')
    expect((await hold('103', { scheduleId: 1 }, ASYNC)).code).toBe('INVALID_REQUEST')
    expect((await hold('103', { scheduleId: 1, quantity: 7 }, ASYNC)).code).toBe('SEAT_LIMIT_EXCEEDED')
    expect((await hold('103', { scheduleId: 1, quantity: 1, grade: 'NONE' }, ASYNC)).code).toBe(
      'SEAT_NOT_FOUND',
    )
    expect((await hold('103', { ...seat, userId: '104' }, ASYNC)).code).toBe('FORBIDDEN')
    expect((await hold('103', seat, { ...ASYNC, 'queue-token': waits })).code).toBe('QUEUE_TOKEN_NOT_ACTIVE')
    expect((await hold('103', { scheduleId: 77, seatIds: [1] }, ASYNC)).code).toBe('SCHEDULE_NOT_FOUND')
    expect((await hold('103', { scheduleId: 1, seatIds: [9] }, ASYNC)).code).toBe('SEAT_NOT_FOUND')
    expect((await hold('103', { scheduleId: 4, seatIds: [4001] }, ASYNC)).code).toBe('BOOKING_NOT_OPEN')
    expect((await running.db.query('SELECT count(*) FROM jobs')).rows).toEqual(before)
  })

  test('a job that is refused when its turn comes has failed with the code and its details', async () => {
    await running.hold('105', { scheduleId: 1, seatIds: [1005] })
    const { data } = await running.hold('106', { scheduleId: 1, seatIds: [1005, 1006] }, ASYNC)
    expect(await endOf('106', data.jobId)).toMatchObject({
      status: 'failed',
      error: { code: 'SEAT_TAKEN', details: { seatIds: [1005] } },
    })
    expect(await seatsOf('106')).toEqual([])
  })

  test('a job whose queue token has ended when its turn comes has failed with the code of the token', async () => {
    const { neighbours } = running
    const token = randomUUID()
    const release = await keepFromHolding(running.db, '107', 1)
    const first = await running.hold('107', { scheduleId: 1, seatIds: [1007] }, ASYNC)
    const second = await running.hold(
      '108',
      { scheduleId: 1, seatIds: [1008] },
      { ...ASYNC, 'queue-token': token },
    )
    neighbours.refusedTokens.set(token, 'QUEUE_TOKEN_INVALID')
    await release()
    expect(await endOf('107', first.data.jobId)).toMatchObject({ status: 'completed' })
    expect(await endOf('108', second.data.jobId)).toMatchObject({
      status: 'failed',
      error: { code: 'QUEUE_TOKEN_INVALID' },
    })
    const { rows } = await running.db.query('SELECT queue_token FROM jobs WHERE job_id = $1', [
      second.data.jobId,
    ])
    expect(rows).toEqual([{ queue_token: null }])
  })
})

describe('Idempotency-Key', () => {
  const seat = { scheduleId: 1, seatIds: [1010] }

  test('the same key has the same job, also while it waits and at the same moment; another body is refused', async () => {
    const headers = { ...ASYNC, 'idempotency-key': 'once' }
    const release = await keepFromHolding(running.db, '111', 1)
    const answers = await Promise.all(Array.from({ length: 8 }, () => running.hold('111', seat, headers)))
    expect(new Set(answers.map(({ data }) => data.jobId)).size).toBe(1)
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 202))
    expect(answers.filter(({ headers: of }) => of.get('idempotency-replayed') === null)).toHaveLength(1)
    const reused = await running.hold('111', { ...seat, seatIds: [1011] }, headers)
    expect(reused).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
    await release()
    const jobId = answers[0]?.data.jobId
    expect(await endOf('111', jobId)).toMatchObject({ status: 'completed' })
    // Its token may have been used up meanwhile.
    const used = randomUUID()
    running.neighbours.refusedTokens.set(used, 'QUEUE_TOKEN_INVALID')
    const later = await running.hold('111', seat, { ...headers, 'queue-token': used })
    expect(later).toMatchObject({ status: 202, data: { jobId } })
  })

  test('with the preference and without it a key has one answer and one effect', async () => {
    const key = { 'idempotency-key': 'either' }
    const job = await running.hold('112', { scheduleId: 1, seatIds: [1012] }, { ...ASYNC, ...key })
    const waited = await running.hold('112', { scheduleId: 1, seatIds: [1012] }, key)
    expect(waited).toMatchObject({ status: 202, data: { jobId: job.data.jobId } })
    expect(waited.headers.get('location')).toBe(job.data.statusEndpoint)
    expect(waited.headers.get('preference-applied')).toBeNull()
    await endOf('112', job.data.jobId)
    const held = await running.hold('113', { scheduleId: 1, seatIds: [1013] }, key)
    const preferred = await running.hold('113', { scheduleId: 1, seatIds: [1013] }, { ...ASYNC, ...key })
    expect(preferred).toMatchObject({ status: 201, data: { reservationId: held.data.reservationId } })
    expect(preferred.headers.get('idempotency-replayed')).toBe('true')
    expect(await seatsOf('113')).toEqual([1013])
  })
})

test('a repeat that is refused by now gets the job of the first request, also while that is just being accepted', async () => {
  const { neighbours } = running
  const used = randomUUID()
  const headers = { ...ASYNC, 'idempotency-key': 'at-the-close' }
  const seat = { scheduleId: 1, seatIds: [1014] }
  const accepting = await running.db.connect()
  await accepting.query('BEGIN')
  await lockJobsOf(accepting, 1)
  const first = running.hold('114', seat, headers)
  await eventually(async () => {
    const { rows } = await running.db.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory' AND query LIKE '%jobs of%'`,
    )
    expect(rows).toHaveLength(1)
  })
  neighbours.refusedTokens.set(used, 'QUEUE_TOKEN_INVALID')
  const checked = neighbours.verified
  const repeat = running.hold('114', seat, { ...headers, 'queue-token': used })
  await eventually(async () => expect(neighbours.verified).toBe(checked + 1))
  await running.call('114', 'GET', '/reservations')
  await accepting.query('COMMIT')
  accepting.release()
  const { data } = await first
  expect(await repeat).toMatchObject({ status: 202, data: { jobId: data.jobId } })
  const unknown = { ...headers, 'idempotency-key': 'never-seen', 'queue-token': used }
  expect((await running.hold('114', seat, unknown)).code).toBe('QUEUE_TOKEN_INVALID')
})

describe('GET /jobs/{jobId}', () => {
  test('a payment that takes long is asked for less and less often', async () => {
    const { neighbours } = running
    const paymentId = randomUUID()
    neighbours.payments.set(paymentId, { userId: '129', status: 'PENDING', createdAtMs: 1_000 })
    const before = neighbours.paymentLooks
    expect((await jobOf('129', paymentId, '?wait=4')).data.status).toBe('active')
    // At 0, 0.5, 1.5 and 3.5 s, and at the end; a busy machine may come too late for one.
    expect(neighbours.paymentLooks - before).toBeLessThanOrEqual(5)
    expect(neighbours.paymentLooks - before).toBeGreaterThanOrEqual(3)
  })

  test('tells the place now while a job waits, and that it is at work', async () => {
    const release = await keepFromHolding(running.db, '121', 1)
    const jobs: { jobId: string; position: number }[] = []
    const accept = async (userId: string): Promise<void> => {
      jobs.push((await running.hold(userId, { scheduleId: 1, quantity: 1 }, ASYNC)).data)
    }
    await accept('121')
    // Jobs that wait at the same moment are taken up together, so the others come after the first was.
    const first = await eventually(async () => {
      const { data } = await jobOf('121', jobs[0]?.jobId ?? '')
      expect(data.status).toBe('active')
      return data
    })
    expect(first).toEqual({
      jobId: jobs[0]?.jobId,
      type: 'hold',
      status: 'active',
      createdAt: first.createdAt,
    })
    for (const userId of ['122', '123']) await accept(userId)
    expect(jobs.map(({ position }) => position)).toEqual([1, 2, 3])
    expect((await jobOf('123', jobs[2]?.jobId ?? '')).data).toMatchObject({ status: 'waiting', position: 3 })
    await release()
    expect(await endOf('123', jobs[2]?.jobId ?? '')).toMatchObject({ status: 'completed' })
  })

  test('wait is over when the job ends, when its time is, and when the job has ended before', async () => {
    const release = await keepFromHolding(running.db, '124', 1)
    const { data } = await running.hold('124', { scheduleId: 1, quantity: 1 }, ASYNC)
    const began = performance.now()
    expect((await jobOf('124', data.jobId, '?wait=1')).data.status).toBe('active')
    expect(performance.now() - began).toBeGreaterThan(990)
    const [ended] = await Promise.all([jobOf('124', data.jobId, '?wait=30'), release()])
    expect(ended.data.status).toBe('completed')
    expect((await jobOf('124', data.jobId, '?wait=30')).data.status).toBe('completed')
    expect(performance.now() - began).toBeLessThan(30_000)
  })

  test.each(['0', '31', '-1', '1.5', '1e1', '', 'ten', '05'])('wait=%s is INVALID_REQUEST', async (wait) => {
    const refused = await jobOf('124', randomUUID(), `?wait=${wait}`)
    expect(refused).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(refused.details).toEqual([expect.objectContaining({ in: 'query', field: 'wait' })])
  })

  test("an unknown job and somebody else's are not found; admins see every job; a bad id is refused", async () => {
    const { data } = await running.hold('125', { scheduleId: 1, quantity: 1 }, ASYNC)
    expect(await jobOf('126', data.jobId)).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' })
    expect(await jobOf('125', randomUUID(), '?wait=9')).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' })
    expect(await jobOf('125', 'seven')).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect((await jobOf('125', data.jobId.toUpperCase())).data.jobId).toBe(data.jobId)
    expect((await running.call('9', 'GET', `/jobs/${data.jobId}`, { admin: true })).status).toBe(200)
  })

  test('a payment is a job: at work, completed with what was paid, or failed with its refusal', async () => {
    const { payments } = running.neighbours
    const [pending, paid, failed, refunded] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    const at = Date.parse('2026-11-26T09:00:00Z')
    const refused = { code: 'CARD_DECLINED', message: 'the card was declined', reason: 'do_not_honor' }
    payments.set(pending, { userId: '127', status: 'PENDING', createdAtMs: at })
    const held = await running.hold('127', { scheduleId: 1, quantity: 1 })
    const { reservationId, reservationNumber, seats } = held.data
    const done = { userId: '127', reservationId, createdAtMs: at }
    payments.set(paid, { ...done, status: 'APPROVED', paidAtMs: at + 1_000 })
    payments.set(failed, { userId: '127', status: 'FAILED', createdAtMs: at, endedAtMs: at + 1_000, refused })
    payments.set(refunded, {
      ...done,
      status: 'REFUNDED',
      paidAtMs: at,
      endedAtMs: at + 1,
    })
    const createdAt = '2026-11-26T09:00:00.000Z'
    const completedAt = '2026-11-26T09:00:01.000Z'
    expect((await jobOf('127', pending, '?wait=1')).data).toEqual({
      jobId: pending,
      type: 'pay',
      status: 'active',
      createdAt,
    })
    expect((await jobOf('127', paid)).data).toMatchObject({
      type: 'pay',
      status: 'completed',
      result: {
        paymentId: paid,
        status: 'APPROVED',
        amount: 1_500,
        paidAt: completedAt,
        reservation: { reservationId, reservationNumber, status: 'CONFIRMED', seats },
      },
      completedAt,
    })
    expect((await jobOf('127', failed)).data).toMatchObject({
      status: 'failed',
      error: {
        code: 'CARD_DECLINED',
        details: { paymentId: failed, reason: 'do_not_honor', status: 'FAILED', moneyMoved: false },
      },
      completedAt,
    })
    expect((await jobOf('127', refunded)).data).toMatchObject({ status: 'completed' })
    expect(await jobOf('128', paid)).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' })
    const waiting = jobOf('127', pending, '?wait=9')
    payments.set(pending, { ...done, status: 'APPROVED', paidAtMs: at })
    expect((await waiting).data.status).toBe('completed')
  })
})

test('more waiting jobs of a schedule than allowed are 503 with Retry-After, and those of another are not', async () => {
  const release = await keepFromHolding(running.db, '131', 2)
  const accepted: { jobId: string }[] = []
  for (const userId of ['131', '132', '133']) {
    accepted.push((await running.hold(userId, { scheduleId: 2, quantity: 1 }, ASYNC)).data)
  }
  const refused = await running.hold(
    '134',
    { scheduleId: 2, quantity: 1 },
    { ...ASYNC, 'idempotency-key': 'late' },
  )
  expect(refused).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  const elsewhere = await running.hold('135', { scheduleId: 1, quantity: 1 }, ASYNC)
  expect(elsewhere.status).toBe(202)
  await endOf('135', elsewhere.data.jobId)
  const metrics = await (await fetch(`http://127.0.0.1:${running.service.ports.ops}/metrics`)).text()
  expect(metrics).toMatch(/reservation_jobs\{what="active",service="reservation"\} 1/)
  expect(metrics).toMatch(/reservation_jobs\{what="oldest_seconds",service="reservation"\} 0\.\d+|[1-9]/)
  await release()
  await Promise.all(accepted.map(({ jobId }, index) => endOf(String(131 + index), jobId)))
  const again = await running.hold(
    '134',
    { scheduleId: 2, quantity: 1 },
    { ...ASYNC, 'idempotency-key': 'late' },
  )
  expect(again.status).toBe(202)
})

describe('GET /admin/jobs', () => {
  const list = (query: string, admin = true) => running.call('admin', 'GET', `/admin/jobs${query}`, { admin })
  const idsIn = (page: { data: { items: { jobId: string }[] } }) => page.data.items.map(({ jobId }) => jobId)

  test('lists the jobs of everybody, newest first, each page behind the one before; a failed one with its person and why', async () => {
    const made: string[] = []
    for (const [userId, seatIds] of [
      ['141', [1041]],
      ['142', [1041]],
      ['143', [1042]],
    ] as const) {
      const { data } = await running.hold(userId, { scheduleId: 1, seatIds }, ASYNC)
      made.push(data.jobId)
      await endOf(userId, data.jobId)
    }
    const [first, failed, last] = made
    const page = await list('?scheduleId=1&limit=2')
    expect(idsIn(page)).toEqual([last, failed])
    expect(page.data.items[1]).toEqual({
      jobId: failed,
      type: 'hold',
      status: 'failed',
      scheduleId: 1,
      userId: '142',
      // One; a busy machine may need another one.
      attempts: expect.any(Number),
      error: { code: 'SEAT_TAKEN', message: expect.any(String), details: { seatIds: [1041] } },
      createdAt: expect.any(String),
      completedAt: expect.any(String),
    })
    const { result } = (await jobOf('143', String(last))).data
    expect(page.data.items[0]).toMatchObject({ userId: '143', reservationId: result.reservationId })
    const next = await list(`?scheduleId=1&limit=1&cursor=${page.data.nextCursor}`)
    expect(idsIn(next)).toEqual([first])
    const failures = await list('?status=failed&limit=100')
    expect(idsIn(failures)[0]).toBe(failed)
    expect(failures.data.items.every(({ status }: { status: string }) => status === 'failed')).toBe(true)
    expect(failures.data.nextCursor).toBeNull()
  })

  test('is for admins, and says which field is wrong', async () => {
    expect(await list('', false)).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect(await list('?scheduleId=999999')).toMatchObject({ status: 404, code: 'SCHEDULE_NOT_FOUND' })
    expect((await list('?scheduleId=3')).data).toEqual({ items: [], nextCursor: null })
    for (const [field, value] of [
      ['scheduleId', 'x'],
      ['status', 'lost'],
      ['cursor', 'x'],
      ['limit', '0'],
    ]) {
      expect(await list(`?${field}=${value}`)).toMatchObject({
        status: 400,
        code: 'INVALID_REQUEST',
        details: [{ in: 'query', field }],
      })
    }
  })
})
