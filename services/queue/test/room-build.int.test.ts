import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { readConfig } from '@frontrow/service-host/config'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { settings } from '../src/config.ts'
import { joinWaitingRoom } from '../src/places/join-waiting-room.ts'
import { locatePlace } from '../src/places/locate-place.ts'
import { roomKey } from '../src/redis-room/room-scripts.ts'
import { expectMirrored } from './mirrored-room.ts'
import { connectStores, QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog, Stores } from './queue-under-test.ts'
import { SimulatedInstance } from './simulated-instance.ts'

// Enough for a build of some tenths of a second.
const PEOPLE = 30_000

let environment: TestEnvironment
let catalog: StandInCatalog
let stores: Stores
const allStores: Stores[] = []

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  stores = await connect()
})

afterAll(async () => {
  await Promise.all(allStores.map((one) => one.stop()))
  await catalog?.stop()
  await environment?.dispose()
})

async function connect(): Promise<Stores> {
  const connected = await connectStores(environment)
  allStores.push(connected)
  return connected
}

/** A process without timers, whose gate to Redis is open. */
async function startInstance(): Promise<SimulatedInstance> {
  const instance = new SimulatedInstance(await connect())
  const onSale = { status: 'ON_SALE', roomOpensAtMs: 0, opensAtMs: 0, endsAtMs: Date.now() + 3_600_000 }
  instance.start({
    config: readConfig(settings, { ...environment.serviceEnv('queue'), CATALOG_GRPC: catalog.address }),
    schedules: new CoalescedCache({ load: async (_scheduleId: number) => onSale, freshMs: 60_000, max: 10 }),
    now: Date.now,
  })
  await instance.reopen()
  return instance
}

/** A room of which Redis knows nothing; the token of the person number n is `n of <room>`. */
async function fillRoom(pool: Pool): Promise<number> {
  const scheduleId = catalog.addSchedule()
  await pool.query(
    `INSERT INTO rooms (schedule_id, max_active, admit_per_second, paused, version, last_sequence, waiting, early_entries, closed_at, drawn_at)
     VALUES ($1, 1, 1, true, 2, $2, $2, 0, now(), now())`,
    [scheduleId, PEOPLE],
  )
  await pool.query(
    `INSERT INTO queue_tokens (schedule_id, sequence, user_id, token_hash, version)
     SELECT $1, n, 'person-' || n, sha256(convert_to(n || ' of ' || $1::bigint, 'UTF8')), 2 FROM generate_series(1, $2) AS n`,
    [scheduleId, PEOPLE],
  )
  return scheduleId
}

async function expectPlace(instance: SimulatedInstance, scheduleId: number, number: number): Promise<void> {
  const { place } = await locatePlace(instance.ctx, `${number} of ${scheduleId}`, {})
  expect(place).toMatchObject({ status: 'WAITING', sequence: number, before: number - 1 })
}

async function isBuilt(instance: SimulatedInstance, scheduleId: number): Promise<void> {
  const { rows } = await stores.pool.query<{ version: number }>(
    'SELECT version FROM rooms WHERE schedule_id = $1',
    [scheduleId],
  )
  const version = rows[0]?.version ?? 0
  await eventually(async () => {
    // As the timer of a process does, where a build that failed has shut the gate.
    await instance.reopen()
    expect(await instance.ctx.mirror.reaches(scheduleId, version)).toBe(true)
  })
  await expectMirrored(stores, scheduleId)
}

test('while two instances build the same room at once, people ask and join as ever, and the room has all of them in the end', async () => {
  const instances = [await startInstance(), await startInstance()]
  const scheduleId = await fillRoom(stores.pool)
  for (const { ctx } of instances) ctx.mirror.build(scheduleId)
  for (const [index, { ctx }] of instances.entries()) {
    const { sequence, queuePosition } = await joinWaitingRoom(ctx, { scheduleId, userId: `late-${index}` })
    expect([sequence, queuePosition]).toEqual([PEOPLE + 1 + index, PEOPLE + 1 + index])
  }
  for (const instance of instances) await expectPlace(instance, scheduleId, 20_000)
  for (const instance of instances) await isBuilt(instance, scheduleId)
  for (const instance of instances) await expectPlace(instance, scheduleId, 20_000)
})

test('when an instance that builds a room is killed in the middle of it another one takes over, and people are answered meanwhile', async () => {
  const [killed, other] = [await startInstance(), await startInstance()]
  const scheduleId = await fillRoom(stores.pool)
  killed.ctx.mirror.build(scheduleId)
  await eventually(
    async () => expect(await stores.redis.zcard(roomKey(scheduleId, 'waiting'))).toBeGreaterThan(0),
    { everyMs: 1 },
  )
  killed.stores.redis.disconnect()
  expect(await stores.redis.hexists(roomKey(scheduleId, 'room'), 'builder')).toBe(1)
  await expectPlace(other, scheduleId, 20_000)
  await isBuilt(other, scheduleId)
  await expectPlace(other, scheduleId, 20_000)
})

test('a Redis that was filled from another database is not believed, though it was never started anew', async () => {
  const other = await createTestEnvironment()
  // All databases of a test run are copies of one. Creating the other test environment has emptied the Redis that both use.
  const sharing = { ...other.serviceEnv('queue'), REDIS_URL: environment.redisUrl }
  const first = await startQueueService(environment, catalog)
  const second = await startQueueService({ ...other, serviceEnv: () => sharing }, catalog)
  try {
    const [here, there] = [new QueueClient(first), new QueueClient(second)]
    const scheduleId = catalog.addSchedule()
    await here.steer(scheduleId, { maxActive: 1 })
    const [active, waits] = [await here.join(scheduleId, 'one'), await here.join(scheduleId, 'two')]
    expect([active, waits].map((answer) => answer.data['queuePosition'])).toEqual([0, 1])
    // The same people in the other database, in the other order: nobody is in there yet.
    const theirs = [await there.join(scheduleId, 'two'), await there.join(scheduleId, 'one')]
    expect(theirs.map((answer) => [answer.data['sequence'], answer.data['status']])).toEqual([
      [1, 'ACTIVE'],
      [2, 'ACTIVE'],
    ])
    for (let time = 0; time < 3; time += 1) {
      expect((await there.place(active.data['token'])).code).toBe('QUEUE_TOKEN_INVALID')
      expect((await there.place(theirs[1]?.data['token'])).data).toMatchObject({
        sequence: 2,
        status: 'ACTIVE',
      })
      expect((await here.place(waits.data['token'])).data).toMatchObject({ sequence: 2, queuePosition: 1 })
      const path = `/admin/queues/${scheduleId}`
      const [ours, their] = await Promise.all(
        [here, there].map((client) => client.call('GET', path, { user: 'boss', admin: true })),
      )
      expect(ours?.data).toMatchObject({ waiting: 1, active: 1, maxActive: 1 })
      expect(their?.data).toMatchObject({ waiting: 0, active: 2 })
    }
  } finally {
    await Promise.all([first.stop(), second.stop()])
    await other.dispose()
  }
})
