import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { Redis } from 'ioredis'
import { roomKey, runScript } from '../src/redis-room/room-scripts.ts'
import type { ScriptName } from '../src/redis-room/room-scripts.ts'
import { connectStores } from './queue-under-test.ts'
import type { Stores } from './queue-under-test.ts'

const SOURCE = 'this-database'
// A version, maxActive, admitPerSecond, paused and lastAdmitted.
const STATE = [7, 2, 10, 0, 0]

let environment: TestEnvironment
let stores: Stores
let redis: Redis
let scheduleId = 0

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  stores = await connectStores(environment)
  redis = stores.redis
})

afterAll(async () => {
  await stores?.stop()
  await environment?.dispose()
})

async function build(step: string, builder: string, ...args: (string | number)[]): Promise<string> {
  return (await runScript(redis, 'build', scheduleId, [step, builder, SOURCE, ...args]))[0]
}

test('a room that is not there, is being built, or mirrors another database is asked for nothing and changed by nothing', async () => {
  scheduleId += 1
  const args: Partial<Record<ScriptName, (string | number)[]>> = {
    place: [0, 'fan', 'digest'],
    summary: [],
    predict: ['fan', 5],
    apply: [7, 8, 2, 10, 0, 0, 'fan', 'digest', 1, 'W', 0, 0, 0],
  }
  const expectMissing = async (source: string): Promise<void> => {
    for (const script of ['place', 'summary', 'predict', 'apply'] as const) {
      expect(await runScript(redis, script, scheduleId, [source, ...(args[script] ?? [])])).toEqual([
        'MISSING',
      ])
    }
  }
  await expectMissing(SOURCE)
  await build('begin', 'builder', 1)
  await build('places', 'builder', 'early', 'digest', 1, Date.now(), 0, 0)
  await expectMissing(SOURCE)
  await build('finish', 'builder', ...STATE)
  await expectMissing('another-database')
  expect(await redis.zrange(roomKey(scheduleId, 'waiting'), '0', '-1')).toEqual(['early'])
  expect(await redis.hget(roomKey(scheduleId, 'room'), 'version')).toBe('7')
})

test('of two who build a room at once one waits, and who is overtaken learns it', async () => {
  scheduleId += 1
  expect(await build('begin', 'first', 1)).toBe('OK')
  expect(await build('begin', 'second', 1)).toBe('BUSY')
  // The last step of the first builder is dated back, so that another may take over.
  await redis.hset(roomKey(scheduleId, 'room'), 'builtAt', 1)
  expect(await build('begin', 'second', 1)).toBe('OK')
  expect(await build('finish', 'first', ...STATE)).toBe('SUPERSEDED')
  expect(await build('finish', 'second', ...STATE)).toBe('OK')
  expect(await build('begin', 'third', 7)).toBe('DONE')
  expect(await build('begin', 'third', 8)).toBe('OK')
})
