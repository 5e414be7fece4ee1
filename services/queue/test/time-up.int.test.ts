import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { logOf, readFairness } from './fairness-log.ts'
import { placeOf, startQueueInstances, steer, watchRoom } from './queue-instances.ts'
import type { QueueInstances, SeenPlace } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'
import { startReservations } from './reservations-stand-in.ts'
import type { ReservationsStandIn } from './reservations-stand-in.ts'

// A place has an absolute end, however often its holder holds seats, gives them up, refreshes or reissues.

const ACTIVE_MS = 3_000
const ACTIVE_MAX_MS = 7_000
const GONE = { code: 'QUEUE_TOKEN_INVALID' }

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances
let reservations: ReservationsStandIn

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const lives = { ACTIVE_MS: String(ACTIVE_MS), ACTIVE_MAX_MS: String(ACTIVE_MAX_MS) }
  queues = await startQueueInstances(environment, catalog, { ...lives, ADMIT_EVERY_MS: '50' })
  reservations = await startReservations(environment)
  await consumersListen()
})

afterAll(async () => {
  await reservations?.stop()
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

/** Waits until the event of a payment has ended the place of somebody whom no deadline threatens. */
async function consumersListen(): Promise<void> {
  const scheduleId = catalog.addSchedule()
  await steer(queues.at(0), scheduleId, { maxActive: 1, paused: true })
  const witness = placeOf(await queues.at(0).client.join(scheduleId, 'witness'))
  await reservations.confirmed({ ...witness, userId: 'witness' }, 0)
  await eventually(async () => expect(await queues.at(1).client.place(witness.token)).toMatchObject(GONE))
}

async function enter(scheduleId: number, user: string): Promise<SeenPlace> {
  const place = placeOf(await queues.at(0).client.join(scheduleId, user))
  expect(place.status).toBe('ACTIVE')
  return place
}

test('who holds, refreshes, gives up and reissues again and again is out at ACTIVE_MAX_MS after the admission, and the next comes in', async () => {
  const scheduleId = catalog.addSchedule()
  await steer(queues.at(0), scheduleId, { maxActive: 1 })
  const buyer = await enter(scheduleId, 'buyer')
  const next = placeOf(await queues.at(0).client.join(scheduleId, 'next'))
  const admittedAtMs = buyer.expiresAt - ACTIVE_MS
  const endMs = admittedAtMs + ACTIVE_MAX_MS
  const holder = { ...buyer, userId: 'buyer' }
  let token = buyer.token
  let rounds = 0
  const deadlines: number[] = []
  for (; Date.now() < endMs - 2_500; rounds += 1) {
    const key = randomUUID()
    const untilMs = Date.now() + (rounds < 3 ? 4_000 : 300_000)
    await reservations.held(holder, untilMs, { key })
    await reservations.held(holder, untilMs + 300_000, { key, refreshed: true })
    await reservations.cancelled(holder, 0, { key })
    if (rounds % 10 === 9) {
      const reissued = placeOf(await queues.at(rounds).client.reissue(scheduleId, 'buyer'))
      expect(reissued.sequence).toBe(buyer.sequence)
      token = reissued.token
    }
    deadlines.push(placeOf(await queues.at(rounds).client.place(token)).expiresAt)
  }
  expect(rounds).toBeGreaterThan(10)
  expect(Math.max(...deadlines)).toBe(endMs)
  expect(deadlines.at(-1)).toBe(endMs)

  await eventually(async () => {
    expect(placeOf(await queues.at(1).client.place(next.token)).status).toBe('ACTIVE')
  })
  expect(Date.now()).toBeGreaterThanOrEqual(endMs)
  await reservations.held(holder, Date.now() + 300_000)
  for (const instance of queues.all) {
    expect(await instance.client.place(token)).toMatchObject(GONE)
    await expect(instance.verify({ token })).rejects.toMatchObject(GONE)
  }
  const { entries } = await readFairness(queues.at(2), scheduleId, 1)
  expect(entries).toMatchObject([
    { kind: 'ADMITTED', sequence: buyer.sequence, admittedAt: new Date(admittedAtMs).toISOString() },
    {
      kind: 'TIME_UP',
      sequence: buyer.sequence,
      admittedAt: new Date(admittedAtMs).toISOString(),
      allowedMs: ACTIVE_MAX_MS,
    },
    { kind: 'ADMITTED', sequence: next.sequence },
  ])
  const [, ended, admitted] = entries
  const endedAt = ended?.kind === 'TIME_UP' ? ended.endedAt : ''
  expect(Date.parse(endedAt)).toBeGreaterThanOrEqual(endMs)
  expect(admitted?.admittedAt).toBe(endedAt)
})

test('who comes to the deadline of a hold, or of an untouched place, ends there, and the log says nothing of it', async () => {
  const scheduleId = catalog.addSchedule()
  await steer(queues.at(0), scheduleId, { maxActive: 2 })
  const [untouched, holds] = [await enter(scheduleId, 'untouched'), await enter(scheduleId, 'holds')]
  for (const { token } of [untouched, holds]) await queues.at(1).client.place(token)
  const untilMs = holds.expiresAt + 1_000
  await reservations.held({ ...holds, userId: 'holds' }, untilMs)
  await eventually(async () => {
    expect(placeOf(await queues.at(2).client.place(holds.token)).expiresAt).toBe(untilMs)
  })
  await eventually(async () => {
    const { rows } = await queues
      .at(0)
      .ctx.pool.query('SELECT status FROM queue_tokens WHERE schedule_id = $1', [scheduleId])
    expect(rows).toEqual([{ status: 'EXPIRED' }, { status: 'EXPIRED' }])
  })
  const admitted = [untouched, holds].map(({ sequence }) => `ADMITTED ${sequence}`)
  expect(await logOf(queues.at(1), scheduleId)).toEqual(admitted)
})

test('where ACTIVE_MS is longer than ACTIVE_MAX_MS, the absolute end is told from the admission on', async () => {
  const own = await createTestEnvironment()
  const settings = { ACTIVE_MS: '60000', ACTIVE_MAX_MS: '2000', ADMIT_EVERY_MS: '50' }
  const short = await startQueueInstances(own, catalog, settings)
  try {
    const { client } = short.at(0)
    const scheduleId = catalog.addSchedule()
    const joined = placeOf(await client.join(scheduleId, 'straight-in'))
    expect(joined.expiresAt - joined.serverTime).toBe(2_000)
    expect(placeOf(await short.at(1).client.place(joined.token)).expiresAt).toBe(joined.expiresAt)
    await eventually(async () => expect(await client.place(joined.token)).toMatchObject(GONE))
    await eventually(async () => {
      expect(await logOf(short.at(0), scheduleId)).toEqual(['ADMITTED 1', 'TIME_UP 1'])
    })
  } finally {
    await short.stop()
    await own.dispose()
  }
})

test('who was given longer before ACTIVE_MAX_MS was lowered keeps it, and the log does not call its end the absolute one', async () => {
  const own = await createTestEnvironment()
  const start = (activeMaxMs: number) =>
    startQueueInstances(own, catalog, {
      ACTIVE_MS: '1000',
      ACTIVE_MAX_MS: String(activeMaxMs),
      ADMIT_EVERY_MS: '50',
    })
  let instances = await start(60_000)
  try {
    const scheduleId = catalog.addSchedule()
    const early = placeOf(await instances.at(0).client.join(scheduleId, 'early'))
    const untilMs = early.expiresAt + 10_000
    expect(await instances.at(1).extend(early.token, untilMs)).toBe(untilMs)
    await instances.stop()
    instances = await start(2_000)
    const late = placeOf(await instances.at(0).client.join(scheduleId, 'late'))
    expect(await instances.at(1).extend(late.token, untilMs)).toBe(late.expiresAt + 1_000)
    expect(placeOf(await instances.at(2).client.place(early.token)).expiresAt).toBe(untilMs)
    await eventually(async () => {
      for (const { token } of [early, late]) {
        expect(await instances.at(0).client.place(token)).toMatchObject(GONE)
      }
      expect(await watchRoom(instances.at(1), scheduleId)).toMatchObject({ active: 0 })
    })
    const { entries } = await readFairness(instances.at(2), scheduleId, 1)
    expect(entries).toMatchObject([
      { kind: 'ADMITTED', sequence: early.sequence },
      { kind: 'ADMITTED', sequence: late.sequence },
      { kind: 'TIME_UP', sequence: late.sequence, allowedMs: 2_000 },
    ])
  } finally {
    await instances.stop()
    await own.dispose()
  }
})
