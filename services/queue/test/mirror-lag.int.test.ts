import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { isRefusal } from '@frontrow/proto/refusals'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { readConfig } from '@frontrow/service-host/config'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { admitToRoom } from '../src/admission/admit-waiting.ts'
import { setRoomLimits } from './set-limits.ts'
import { settings } from '../src/config.ts'
import type { QueueContext } from '../src/context.ts'
import { joinWaitingRoom } from '../src/places/join-waiting-room.ts'
import { leaveWaitingRoom } from '../src/places/leave-waiting-room.ts'
import { locatePlace } from '../src/places/locate-place.ts'
import { reissueToken } from '../src/places/reissue-token.ts'
import { verifyToken } from '../src/places/verify-token.ts'
import { roomKey } from '../src/redis-room/room-scripts.ts'
import { extendByToken } from './extend-by-token.ts'
import { expectMirrored, readMirror } from './mirrored-room.ts'
import { connectStores, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog, Stores } from './queue-under-test.ts'
import { SimulatedInstance } from './simulated-instance.ts'

const GONE = 'QUEUE_TOKEN_INVALID'

let environment: TestEnvironment
let catalog: StandInCatalog
const allStores: Stores[] = []
let scheduleId = 0

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
})

afterAll(async () => {
  await Promise.all(allStores.map((stores) => stores.stop()))
  await catalog?.stop()
  await environment?.dispose()
})

/** A process without timers, whose mirror does only what the test has it do. */
async function startInstance(activeMs = 60_000): Promise<SimulatedInstance> {
  const stores = await connectStores(environment)
  allStores.push(stores)
  const instance = new SimulatedInstance(stores)
  const onSale = { status: 'ON_SALE', roomOpensAtMs: 0, opensAtMs: 0, endsAtMs: Date.now() + 3_600_000 }
  instance.start({
    config: readConfig(settings, {
      ...environment.serviceEnv('queue'),
      CATALOG_GRPC: catalog.address,
      ACTIVE_MS: String(activeMs),
    }),
    schedules: new CoalescedCache({ load: async (_scheduleId: number) => onSale, freshMs: 60_000, max: 10 }),
    now: Date.now,
  })
  await instance.reopen()
  return instance
}

/** What a call is refused with; 'none' where it is answered. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: unknown) => (isRefusal(error) ? error.code : String(error)),
  )
}

interface ChangedRoom {
  /** Were let in, the second of them by a change that the mirror has not heard of. */
  letIn: string[]
  waiting: string[]
  left: string
  reissued: string
}

/** A room whose newest changes were committed by a process that tells its mirror nothing any more. */
async function changeUntold(untold: SimulatedInstance): Promise<ChangedRoom> {
  scheduleId = catalog.addSchedule()
  const { ctx, stores } = untold
  await setRoomLimits(ctx, scheduleId, { maxActive: 2 })
  const tokens: string[] = []
  for (const userId of ['leaves', 'stays', 'next', 'renewed', 'last']) {
    tokens.push((await joinWaitingRoom(ctx, { scheduleId, userId })).token)
  }
  const [leaves = '', stays = '', next = '', old = '', last = ''] = tokens
  await expectMirrored(stores, scheduleId)
  await stores.redis.hset(roomKey(scheduleId, 'room'), 'marker', 'not built again')
  untold.beginDying(Infinity)
  await leaveWaitingRoom(ctx, leaves, {})
  await admitToRoom(ctx, scheduleId)
  const { token: renewed } = await reissueToken(ctx, { scheduleId, userId: 'renewed' })
  const { token: late } = await joinWaitingRoom(ctx, { scheduleId, userId: 'late' })
  await extendByToken(ctx, stays, Date.now() + 60_000)
  return { letIn: [stays, next], waiting: [renewed, last, late], left: leaves, reissued: old }
}

async function expectNobodyRefused(ctx: QueueContext, { letIn, waiting }: ChangedRoom): Promise<void> {
  for (const token of [...letIn, ...waiting]) {
    expect(await codeOf(locatePlace(ctx, token, { scheduleId }))).toBe('none')
  }
  for (const token of letIn) expect(await codeOf(verifyToken(ctx, { token, scheduleId }))).toBe('none')
  for (const token of waiting) {
    expect(await codeOf(verifyToken(ctx, { token, scheduleId }))).toBe('QUEUE_TOKEN_NOT_ACTIVE')
  }
}

test('while the mirror is behind nobody is refused who has a place, and who is told that a place is over is refused there', async () => {
  const untold = await startInstance()
  const other = await startInstance()
  const room = await changeUntold(untold)
  const { version } = await readMirror(untold.stores.redis, scheduleId)
  await expectNobodyRefused(untold.ctx, room)
  for (const token of [room.left, room.reissued]) {
    expect(await codeOf(locatePlace(untold.ctx, token, {}))).toBe(GONE)
    expect(await codeOf(verifyToken(untold.ctx, { token }))).toBe(GONE)
  }
  // So far the mirror has heard of nothing. Another process that is asked about a place brings it up to date.
  expect((await readMirror(untold.stores.redis, scheduleId)).version).toBe(version)
  await expectNobodyRefused(other.ctx, room)
})

test('who is in by an extension that the mirror has not heard of is in also when the time before it is over', async () => {
  const untold = await startInstance(3_000)
  const { letIn } = await changeUntold(untold)
  const [extended = ''] = letIn
  await eventually(async () => {
    const { active } = await readMirror(untold.stores.redis, scheduleId)
    expect(Date.now()).toBeGreaterThan(Number(active['stays']))
  })
  expect(await codeOf(verifyToken(untold.ctx, { token: extended, scheduleId }))).toBe('none')
  expect(await codeOf(locatePlace(untold.ctx, extended, { scheduleId }))).toBe('none')
})

test('a mirror that is behind is brought up to date by what it has missed, and is not built anew', async () => {
  const untold = await startInstance()
  const other = await startInstance()
  await changeUntold(untold)
  await other.ctx.mirror.look()
  await expectMirrored(other.stores, scheduleId)
  expect(await other.stores.redis.hget(roomKey(scheduleId, 'room'), 'marker')).toBe('not built again')
})

test('what a process has committed before it was killed is mirrored by another one, and nobody is refused meanwhile', async () => {
  const killed = await startInstance()
  const queue = await startQueueService(environment, catalog)
  try {
    const room = await changeUntold(killed)
    await expectNobodyRefused(queue.ctx, room)
    await expectMirrored(killed.stores, scheduleId)
    for (const token of [room.left, room.reissued]) {
      expect(await codeOf(locatePlace(queue.ctx, token, {}))).toBe(GONE)
    }
  } finally {
    await queue.stop()
  }
})

test('a room that was emptied by a process that was killed then is emptied in Redis by another one', async () => {
  const killed = await startInstance()
  const queue = await startQueueService(environment, catalog)
  try {
    scheduleId = catalog.addSchedule()
    const { token } = await joinWaitingRoom(queue.ctx, { scheduleId, userId: 'only' })
    await expectMirrored(killed.stores, scheduleId)
    killed.beginDying(Infinity)
    await leaveWaitingRoom(killed.ctx, token, {})
    await expectMirrored(killed.stores, scheduleId)
    expect((await readMirror(killed.stores.redis, scheduleId)).tokens).toEqual({})
  } finally {
    await queue.stop()
  }
})
