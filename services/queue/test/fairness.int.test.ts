import { spawn } from 'node:child_process'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { z } from 'zod'
import { drawEarlyPlaces } from '../src/fairness/draw-early-places.ts'
import { drawOrder } from '../src/fairness/draw-order.ts'
import { checkAdmissions } from '../src/admission/check-admissions.ts'
import { closeEarlyList, moveEntries } from '../src/fairness/fairness-rows.ts'
import { insertTokens } from '../src/places/queue-tokens.ts'
import { startQueueInstances } from './queue-instances.ts'
import type { QueueInstance, QueueInstances } from './queue-instances.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queues = await startQueueInstances(environment, catalog, { ADMIT_EVERY_MS: '50' })
}, 60_000)

afterAll(async () => {
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

const client = (index = 0): QueueClient => queues.at(index).client
const service = (): QueueInstance => queues.at(0)

/** A schedule whose waiting room is open and whose sale opens in `ms`. */
const opensIn = (ms: number): number => catalog.addSchedule({ bookingOpenAtMs: Date.now() + ms })

async function fairness(scheduleId: number, from?: number): Promise<Answer['data']> {
  const query = from === undefined ? '' : `?from=${from}`
  const answer = await client(from ?? 0).call('GET', `/queue/schedules/${scheduleId}/fairness${query}`)
  expect(answer.status).toBe(200)
  return answer.data
}

const admissions = z.array(
  z.object({
    number: z.int(),
    sequence: z.int(),
    enteredAt: z.string(),
    admittedAt: z.string(),
    active: z.int(),
    maxActive: z.int().nullable(),
    admitPerSecond: z.int(),
    hash: z.string(),
  }),
)

const entriesOf = (data: Answer['data']): z.output<typeof admissions> => admissions.parse(data['admissions'])

/** The public rule of the draw, written independently of the service. */
function drawnSequences(seed: Buffer, scheduleId: number, entries: number): Map<number, number> {
  const keyOf = (entry: number) =>
    createHmac('sha256', seed).update(`${scheduleId}:${entries}:${entry}`).digest('hex')
  const order = Array.from({ length: entries }, (_none, index) => index + 1).sort((a, b) =>
    keyOf(a) < keyOf(b) ? -1 : 1,
  )
  return new Map(order.map((entry, index) => [entry, entries + index + 1]))
}

async function loggedAll(scheduleId: number, length: number): Promise<Answer['data']> {
  return eventually(async () => {
    const data = await fairness(scheduleId, 1)
    expect(data['log']).toMatchObject({ length })
    return data
  })
}

async function verifyFairness(
  scheduleId: number,
  ...args: string[]
): Promise<{ code: number | null; output: string }> {
  const url = `http://127.0.0.1:${service().httpPort}`
  const checker = join(import.meta.dirname, '..', '..', '..', 'fairness', 'main.ts')
  const child = spawn(process.execPath, [checker, '--schedule', String(scheduleId), '--url', url, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 20_000,
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code] = await once(child, 'close')
  return { code, output }
}

test('who comes before the opening is let in in the drawn order, who comes after it behind them, as committed to before', async () => {
  const people = 40
  const scheduleId = opensIn(2_500)
  const promised = await fairness(scheduleId)
  expect(promised).toMatchObject({ seed: null, draw: null, admissions: [], nextFrom: null })
  await client().steer(scheduleId, { maxActive: 1_000, admitPerSecond: 1_000 })

  const early = await Promise.all(
    Array.from({ length: people }, (_none, index) => client(index).join(scheduleId, `early-${index}`)),
  )
  const entries = early.map((answer) => Number(answer.data['sequence']))
  expect(early.map((answer) => answer.data['status'])).toEqual(early.map(() => 'WAITING'))
  expect([...entries].sort((a, b) => a - b)).toEqual(entries.map((_entry, index) => index + 1))
  expect((await client().leave(early[3]?.data['token'])).status).toBe(204)
  const renewed = await client().reissue(scheduleId, 'early-5')
  expect(renewed.data).toMatchObject({ sequence: entries[5], status: 'WAITING' })
  const tokens = early.map((answer, index) => (index === 5 ? renewed : answer).data['token'])

  await eventually(async () => {
    expect((await fairness(scheduleId))['draw']).toMatchObject({ entries: people })
  })
  const late = await client(1).join(scheduleId, 'late')
  expect(late.status).toBe(200)
  expect(Number(late.data['sequence'])).toBe(2 * people + 1)

  const revealed = await fairness(scheduleId)
  const seed = Buffer.from(String(revealed['seed']), 'hex')
  expect(createHash('sha256').update(seed).digest('hex')).toBe(promised['commitment'])
  expect(revealed['commitment']).toBe(promised['commitment'])
  const drawn = drawnSequences(seed, scheduleId, people)
  await eventually(async () => {
    const places = await Promise.all(tokens.map((token, index) => client(index).place(token)))
    for (const [index, place] of places.entries()) {
      if (index === 3) expect(place.code).toBe('QUEUE_TOKEN_INVALID')
      else expect(place.data).toMatchObject({ status: 'ACTIVE', sequence: drawn.get(entries[index] ?? 0) })
    }
  })

  const log = await loggedAll(scheduleId, people)
  const sequences = entriesOf(log).map((entry) => entry.sequence)
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b))
  expect(sequences.at(-1)).toBe(2 * people + 1)
  expect(sequences).not.toContain(drawn.get(entries[3] ?? 0))

  // The checker that users run has no line of code in common with the service.
  const told = `${entries[7]}:${drawn.get(entries[7] ?? 0)}`
  const honest = await verifyFairness(
    scheduleId,
    '--commitment',
    String(promised['commitment']),
    '--entry',
    told,
  )
  expect(honest).toMatchObject({ code: 0, output: expect.stringMatching(/fairness holds\n$/) })
  const cheated = await verifyFairness(scheduleId, '--commitment', 'a'.repeat(64))
  expect(cheated.code).toBe(1)
}, 40_000)

test('the log is a hash chain that pages, names every admission once with the limits it kept, and can not be changed', async () => {
  const people = 12
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { maxActive: 5, admitPerSecond: 1_000 })
  const joins = []
  for (let index = 0; index < people; index += 1)
    joins.push(await client(index).join(scheduleId, `p-${index}`))
  for (const { data } of joins.slice(0, 7)) {
    await eventually(async () => {
      expect((await client().place(data['token'])).data['status']).toBe('ACTIVE')
    })
    await client().leave(data['token'])
  }
  const log = await loggedAll(scheduleId, people)
  const { commitment, seed } = log
  expect(seed).not.toBeNull()
  let hash = createHash('sha256')
    .update(`frontrow:admissions:${scheduleId}:${String(commitment)}`)
    .digest('hex')
  for (const entry of entriesOf(log)) {
    const { number, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond } = entry
    const line = [hash, number, sequence, enteredAt, admittedAt, active, maxActive ?? '', admitPerSecond]
    hash = createHash('sha256').update(line.join('|')).digest('hex')
    expect(entry.hash).toBe(hash)
    expect(active).toBeLessThanOrEqual(5)
    expect(maxActive).toBe(5)
  }
  expect(log['log']).toEqual({ length: people, head: hash })
  expect(new Set(entriesOf(log).map((entry) => entry.sequence)).size).toBe(people)
  const page = await fairness(scheduleId, 9)
  expect(entriesOf(page).map((entry) => entry.number)).toEqual([9, 10, 11, 12])
  expect(page['nextFrom']).toBeNull()
  expect((await fairness(scheduleId))['nextFrom']).toBe(1)

  const owner = createClient(environment.adminDatabaseUrl, 'test')
  await owner.connect()
  const attempts = ['UPDATE queue.admissions SET sequence = 0', 'DELETE FROM queue.admissions']
  for (const attempt of attempts) await expect(owner.query(attempt)).rejects.toThrow('immutable')
  await owner.end()
  await expect(service().ctx.pool.query('DELETE FROM admissions')).rejects.toThrow('permission denied')
}, 30_000)

test('a draw that was cut off in the middle is finished with the same result, by three instances at once', async () => {
  const { pool } = service().ctx
  const scheduleId = catalog.addSchedule()
  const people = 30
  const tokenHashes = Array.from({ length: people }, () => randomBytes(32))
  const userIds = tokenHashes.map((_hash, index) => `cut-${index}`)
  const limits = { maxActive: 5, admitPerSecond: 10 }
  await insertTokens(
    pool,
    scheduleId,
    { userIds, tokenHashes },
    { opensAtMs: Date.now() + 60_000, ...limits },
  )
  const room = await closeEarlyList(pool, scheduleId, Date.now() - 1)
  if (room === undefined) throw new Error('there is no room')
  expect(room.earlyEntries).toBe(people)
  const order = await drawOrder(room.seed, scheduleId, people)
  const half = order.slice(0, people / 2)
  await moveEntries(pool, scheduleId, {
    entries: half,
    sequences: half.map((_entry, index) => people + index + 1),
  })
  const later = await insertTokens(
    pool,
    scheduleId,
    { userIds: ['later'], tokenHashes: [randomBytes(32)] },
    { opensAtMs: 0, ...limits },
  )
  expect(later[0]?.sequence).toBe(2 * people + 1)

  await eventually(async () => {
    const outcomes = await Promise.all(
      queues.all.map(({ ctx }) => drawEarlyPlaces(ctx, scheduleId, AbortSignal.timeout(10_000))),
    )
    expect(outcomes).toContain('DRAWN')
  })
  const { rows } = await pool.query<{ user_id: string; sequence: number }>(
    'SELECT user_id, sequence FROM queue_tokens WHERE schedule_id = $1',
    [scheduleId],
  )
  const drawn = drawnSequences(room.seed, scheduleId, people)
  const expected = userIds.map((userId, index) => [userId, drawn.get(index + 1)])
  expect(new Map(rows.map((row) => [row.user_id, row.sequence]))).toEqual(
    new Map([...expected.map(([user, sequence]) => [user, sequence] as const), ['later', 2 * people + 1]]),
  )
})

test('a join that the opening overtakes on its way into Redis keeps its place, and tells the drawn one', async () => {
  const scheduleId = opensIn(1_500)
  await client().steer(scheduleId, { maxActive: 1_000 })
  const companions = await Promise.all(
    Array.from({ length: 8 }, (_none, index) => client(index).join(scheduleId, `with-${index}`)),
  )
  const { ctx } = service()
  const add = ctx.joins.add.bind(ctx.joins)
  ctx.joins.add = async (...asked) => {
    const given = await add(...asked)
    await eventually(async () => {
      expect((await fairness(scheduleId))['draw']).toMatchObject({ entries: 9 })
      // The room is built again, so that Redis knows the place by its drawn number.
      expect((await client(1).place(companions[0]?.data['token'])).data['sequence']).toBeGreaterThan(9)
    })
    return given
  }
  try {
    const joined = await client().join(scheduleId, 'overtaken')
    expect(joined.status).toBe(200)
    const { seed } = await fairness(scheduleId)
    const drawn = drawnSequences(Buffer.from(String(seed), 'hex'), scheduleId, 9)
    expect(joined.data['sequence']).toBe(drawn.get(9))
    expect((await client(2).place(joined.data['token'])).data['sequence']).toBe(drawn.get(9))
  } finally {
    ctx.joins.add = add
  }
}, 20_000)

test('the audit finds who was passed over and who was one too many', async () => {
  const { pool } = service().ctx
  const before = await checkAdmissions(pool)
  expect(before).toMatchObject({ number: 5, violationCount: 0 })
  expect(before.checked).toBeGreaterThan(40)
  const admit = async (sequence: number, enteredAtMs: number, admittedAtMs: number, active: number) =>
    pool.query(
      `INSERT INTO unlogged_admissions VALUES
         (9999, $1, to_timestamp($2 / 1000.0), to_timestamp($3 / 1000.0), $4, 2, 10)`,
      [sequence, enteredAtMs, admittedAtMs, active],
    )
  try {
    const at = Date.now() + 60_000
    await admit(2, at, at + 10, 1)
    // This one entered when the other was in already, so it is rightly behind it.
    await admit(1, at + 10, at + 20, 2)
    expect((await checkAdmissions(pool)).violationCount).toBe(0)
    await admit(5, at + 20, at + 50, 3)
    await admit(4, at + 49, at + 60, 2)
    const after = await checkAdmissions(pool)
    expect(after.violationCount).toBe(2)
    expect(after.violations).toEqual([
      expect.stringContaining('sequence 5 was admitted as number 3 of 2'),
      expect.stringContaining('sequence 4 was passed over by sequence 5'),
    ])
  } finally {
    await pool.query('DELETE FROM unlogged_admissions WHERE schedule_id = 9999')
  }
})

test('with nobody early the first to come after the opening goes straight in, though the room was looked at before', async () => {
  const slow = await startQueueService(environment, catalog, { ADMIT_EVERY_MS: '5000' })
  try {
    const scheduleId = opensIn(1_000)
    const here = new QueueClient(slow)
    expect((await here.call('GET', `/queue/schedules/${scheduleId}/now-serving`)).data['waiting']).toBe(0)
    await here.steer(scheduleId, { maxActive: 3 })
    const opensAtMs = catalog.schedules.get(scheduleId)?.bookingOpenAtMs ?? 0
    await eventually(() => expect(Date.now()).toBeGreaterThan(Number(opensAtMs)))
    expect((await here.join(scheduleId, 'first')).data['status']).toBe('ACTIVE')
  } finally {
    await slow.stop()
  }
})

test('what people were told at the join is compared with how long they waited', async () => {
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { maxActive: 1 })
  const first = await client().join(scheduleId, 'in')
  const second = await client().join(scheduleId, 'waits')
  expect(second.data['status']).toBe('WAITING')
  await client().leave(first.data['token'])
  await eventually(async () => {
    const room = await client(1).call('GET', `/admin/queues/${scheduleId}`, { user: 'boss', admin: true })
    expect(room.data['estimates']).toMatchObject({
      samples: 1,
      medianPredictedSeconds: second.data['estimatedWaitSeconds'],
    })
  })
})
