import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { admitNext } from '../src/admission/admit-next.ts'
import { changeRoom } from '../src/admission/change-room.ts'
import { checkAdmissions } from '../src/admission/check-admissions.ts'
import { livesOf } from '../src/admission/no-shows.ts'
import { drawEarlyPlaces } from '../src/fairness/draw-early-places.ts'
import { drawOrder } from '../src/fairness/draw-order.ts'
import { closeEarlyList, moveEntries } from '../src/fairness/fairness-rows.ts'
import { readFairness, verifyFairness } from './fairness-log.ts'
import { placeOf, startQueueInstances } from './queue-instances.ts'
import type { QueueInstance, QueueInstances } from './queue-instances.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queues = await startQueueInstances(environment, catalog, { ADMIT_EVERY_MS: '50' })
})

afterAll(async () => {
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

const client = (index = 0): QueueClient => queues.at(index).client
const service = (): QueueInstance => queues.at(0)

/** A schedule whose waiting room is open and whose sale opens in `ms`. */
const opensIn = (ms: number): number => catalog.addSchedule({ bookingOpenAtMs: Date.now() + ms })

/** The public rule of the draw, written independently of the service. */
function drawnSequences(seed: Buffer, scheduleId: number, entries: number): Map<number, number> {
  const keyOf = (entry: number) =>
    createHmac('sha256', seed).update(`${scheduleId}:${entries}:${entry}`).digest('hex')
  const order = Array.from({ length: entries }, (_none, index) => index + 1).sort((a, b) =>
    keyOf(a) < keyOf(b) ? -1 : 1,
  )
  return new Map(order.map((entry, index) => [entry, entries + index + 1]))
}

const fairness = (scheduleId: number, from?: number) => readFairness(queues.at(from ?? 0), scheduleId, from)

/** People who join at once over all instances, before the opening; with their entry numbers. */
async function joinAtOnce(scheduleId: number, people: number): Promise<{ token: string; entry: number }[]> {
  const joins = Array.from({ length: people }, async (_none, index) => {
    const { token, sequence } = placeOf(await client(index).join(scheduleId, `early-${index}`))
    return { token, entry: sequence }
  })
  return Promise.all(joins)
}

/** The admissions of a short log, once it has so many entries. */
async function admissionsOf(scheduleId: number, length: number) {
  const { entries } = await eventually(async () => {
    const published = await fairness(scheduleId, 1)
    expect(published.log.length).toBe(length)
    return published
  })
  return entries.filter((entry) => entry.kind === 'ADMITTED')
}

test('who comes before the opening is let in in the drawn order, who comes after it behind them, as committed to before', async () => {
  const people = 40
  const scheduleId = catalog.addEarlySchedule()
  const promised = await fairness(scheduleId)
  expect(promised).toMatchObject({ seed: null, draw: null, entries: [], nextFrom: null })
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
  catalog.open(scheduleId)

  await eventually(async () => {
    expect((await fairness(scheduleId)).draw).toMatchObject({ entries: people })
  })
  const late = await client(1).join(scheduleId, 'late')
  expect(late.status).toBe(200)
  expect(Number(late.data['sequence'])).toBe(2 * people + 1)

  const revealed = await fairness(scheduleId)
  const seed = Buffer.from(String(revealed.seed), 'hex')
  expect(createHash('sha256').update(seed).digest('hex')).toBe(promised.commitment)
  expect(revealed.commitment).toBe(promised.commitment)
  const drawn = drawnSequences(seed, scheduleId, people)
  await eventually(async () => {
    const places = await Promise.all(tokens.map((token, index) => client(index).place(token)))
    for (const [index, place] of places.entries()) {
      if (index === 3) expect(place.code).toBe('QUEUE_TOKEN_INVALID')
      else expect(place.data).toMatchObject({ status: 'ACTIVE', sequence: drawn.get(entries[index] ?? 0) })
    }
  })

  const sequences = (await admissionsOf(scheduleId, people)).map((entry) => entry.sequence)
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b))
  expect(sequences.at(-1)).toBe(2 * people + 1)
  expect(sequences).not.toContain(drawn.get(entries[3] ?? 0))

  // The checker that users run has no line of code in common with the service.
  const told = `${entries[7]}:${drawn.get(entries[7] ?? 0)}`
  const noted = ['--commitment', promised.commitment, '--entry', told]
  const honest = await verifyFairness(service(), scheduleId, ...noted)
  expect(honest).toMatchObject({ code: 0, output: expect.stringMatching(/fairness holds\n$/) })
  const cheated = await verifyFairness(service(), scheduleId, '--commitment', 'a'.repeat(64))
  expect(cheated.code).toBe(1)
})

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
  const admissions = await admissionsOf(scheduleId, people)
  const { commitment, seed, log } = await fairness(scheduleId)
  expect(seed).not.toBeNull()
  let hash = createHash('sha256').update(`frontrow:admissions:${scheduleId}:${commitment}`).digest('hex')
  for (const entry of admissions) {
    const { number, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond } = entry
    const line = [hash, number, sequence, enteredAt, admittedAt, active, maxActive ?? '', admitPerSecond]
    hash = createHash('sha256').update(line.join('|')).digest('hex')
    expect(entry.hash).toBe(hash)
    expect(active).toBeLessThanOrEqual(5)
    expect(maxActive).toBe(5)
  }
  expect(log).toEqual({ length: people, head: hash })
  expect(new Set(admissions.map((entry) => entry.sequence)).size).toBe(people)
  const page = await fairness(scheduleId, 9)
  expect(page.entries.map((entry) => entry.number)).toEqual([9, 10, 11, 12])
  expect(page.nextFrom).toBeNull()
  expect((await fairness(scheduleId)).nextFrom).toBe(1)

  const owner = createClient(environment.adminDatabaseUrl, 'test')
  await owner.connect()
  const attempts = ['UPDATE queue.room_log SET sequence = 0', 'DELETE FROM queue.room_log']
  for (const attempt of attempts) await expect(owner.query(attempt)).rejects.toThrow('immutable')
  await owner.end()
  await expect(service().ctx.pool.query('DELETE FROM room_log')).rejects.toThrow('permission denied')
})

test('a draw that was cut off in the middle is finished with the same result, by three instances at once', async () => {
  const { ctx } = service()
  const people = 30
  const scheduleId = opensIn(60_000)
  const early = await joinAtOnce(scheduleId, people)
  const room = await changeRoom(ctx, scheduleId, closeEarlyList)
  if (room === undefined) throw new Error('there is no room')
  expect(room.earlyEntries).toBe(people)
  const entries = (await drawOrder(room.seed, scheduleId, people)).slice(0, people / 2)
  const sequences = entries.map((_entry, index) => people + index + 1)
  await changeRoom(ctx, scheduleId, async (tx, locked) => {
    await moveEntries(tx, scheduleId, { entries, sequences })
    return locked
  })
  const later = await client(1).join(scheduleId, 'later')
  expect(later.data).toMatchObject({ status: 'WAITING', sequence: 2 * people + 1 })

  await eventually(async () => {
    const outcomes = await Promise.all(
      queues.all.map((instance) => drawEarlyPlaces(instance.ctx, scheduleId, AbortSignal.timeout(60_000))),
    )
    expect(outcomes).toContain('DRAWN')
  })
  const roomRow = async () =>
    (await ctx.pool.query('SELECT * FROM rooms WHERE schedule_id = $1', [scheduleId])).rows
  const whenDrawn = await roomRow()
  expect(await drawEarlyPlaces(ctx, scheduleId, AbortSignal.timeout(60_000))).toBe('DRAWN')
  expect(await roomRow()).toEqual(whenDrawn)
  const drawn = drawnSequences(room.seed, scheduleId, people)
  const expected = early.map(({ entry }) => drawn.get(entry))
  const { rows } = await ctx.pool.query<{ sequence: number }>(
    'SELECT sequence FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
    [scheduleId],
  )
  const all = [...expected, 2 * people + 1].map(Number).toSorted((a, b) => a - b)
  expect(rows.map((row) => row.sequence)).toEqual(all)
  await eventually(async () => {
    const places = await Promise.all(early.map(({ token }, index) => client(index).place(token)))
    expect(places.map(({ data }) => data['sequence'])).toEqual(expected)
  })
})

test('a join that the opening overtakes on its way to the mirror keeps its entry number, and with it its drawn place', async () => {
  const scheduleId = catalog.addEarlySchedule()
  await client().steer(scheduleId, { maxActive: 1_000 })
  const companions = await joinAtOnce(scheduleId, 8)
  const { ctx } = service()
  const add = ctx.joins.add.bind(ctx.joins)
  ctx.joins.add = async (...asked) => {
    const given = await add(...asked)
    catalog.open(scheduleId)
    await eventually(async () => {
      expect((await fairness(scheduleId)).draw).toMatchObject({ entries: 9 })
      // The room is built again, so that the mirror knows the place by its drawn number.
      expect((await client(1).place(companions[0]?.token)).data['sequence']).toBeGreaterThan(9)
    })
    return given
  }
  try {
    const joined = await client().join(scheduleId, 'overtaken')
    expect(joined.data).toMatchObject({ sequence: 9, status: 'WAITING' })
    const { seed } = await fairness(scheduleId)
    const drawn = drawnSequences(Buffer.from(String(seed), 'hex'), scheduleId, 9)
    for (const instance of queues.all) {
      expect((await instance.client.place(joined.data['token'])).data['sequence']).toBe(drawn.get(9))
    }
  } finally {
    ctx.joins.add = add
  }
})

test('who comes back while many are sent home for their silence is let in before those behind, and not left standing', async () => {
  const { ctx } = service()
  const scheduleId = catalog.addSchedule()
  // The test makes all rounds of this room itself, of one place each.
  for (const { ctx: each } of queues.all) each.busy.closedUntil.set(scheduleId, performance.now() + 600_000)
  const window = { opensAtMs: 0, endsAtMs: Date.now() + 600_000, over: false }
  const admitOne = () =>
    changeRoom(ctx, scheduleId, (tx) => admitNext(tx, scheduleId, window, livesOf(ctx), 1))
  await client().steer(scheduleId, { maxActive: 1, paused: true })
  for (const user of ['silent', 'comes-back', 'behind']) await client().join(scheduleId, user)
  await ctx.pool.query(
    `UPDATE queue_tokens SET seen_at = now() - make_interval(days => 3 - sequence::int) WHERE schedule_id = $1`,
    [scheduleId],
  )
  await client().steer(scheduleId, { paused: false })
  // A batch takes one of the two who were silent for longer than a place in the line is kept.
  expect(await admitOne()).toMatchObject({ expired: 1, admitted: 0, hasMore: true })
  await ctx.notes.add(scheduleId, { kind: 'SEEN', sequence: 2, atMs: Date.now() })
  expect(await admitOne()).toMatchObject({ expired: 0, admitted: 1, lastAdmitted: 2 })
  const { rows } = await ctx.pool.query<{ status: string }>(
    'SELECT status FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
    [scheduleId],
  )
  expect(rows.map(({ status }) => status)).toEqual(['EXPIRED', 'ACTIVE', 'WAITING'])
})

test('the audit finds who was passed over and who was one too many', async () => {
  const { pool } = service().ctx
  const before = await checkAdmissions(pool)
  expect(before).toMatchObject({ number: 5, violationCount: 0 })
  expect(before.checked).toBeGreaterThan(40)
  const tx = await pool.connect()
  let number = 0
  const admit = async (sequence: number, enteredAtMs: number, admittedAtMs: number, active: number) => {
    number += 1
    await tx.query(
      `INSERT INTO room_log (schedule_id, number, kind, sequence, entered_at, admitted_at, active, max_active, admit_per_second, hash)
       VALUES (9999, $1, 'ADMITTED', $2, to_timestamp($3 / 1000.0), to_timestamp($4 / 1000.0), $5, 2, 10, sha256('any'))`,
      [number, sequence, enteredAtMs, admittedAtMs, active],
    )
  }
  try {
    await tx.query('BEGIN')
    await tx.query('INSERT INTO rooms (schedule_id, max_active, admit_per_second) VALUES (9999, 2, 10)')
    const at = Date.now() + 60_000
    await admit(2, at, at + 10, 1)
    // This one entered when the other was in already, so it is rightly behind it.
    await admit(1, at + 10, at + 20, 2)
    expect((await checkAdmissions(tx)).violationCount).toBe(0)
    await admit(5, at + 20, at + 50, 3)
    await admit(4, at + 49, at + 60, 2)
    const after = await checkAdmissions(tx)
    expect(after.violationCount).toBe(2)
    expect(after.violations).toEqual([
      expect.stringContaining('sequence 5 was admitted as number 3 of 2'),
      expect.stringContaining('sequence 4 was passed over by sequence 5'),
    ])
  } finally {
    await tx.query('ROLLBACK')
    tx.release()
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
