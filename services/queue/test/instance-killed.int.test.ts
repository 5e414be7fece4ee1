import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { RunningQueue } from '../src/start.ts'
import { findBrokenLimits, notedSequences } from './admission-rows.ts'
import { expectMirrored } from './mirrored-room.ts'
import { placeOf } from './queue-instances.ts'
import type { SeenPlace } from './queue-instances.ts'
import { startQueueProcess } from './queue-process.ts'
import { connectStores, QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog, Stores } from './queue-under-test.ts'

const LIMITS = { maxActive: 20, admitPerSecond: 40 }

let environment: TestEnvironment
let catalog: StandInCatalog
let stores: Stores
/** The instance that goes on. */
let queue: RunningQueue
let client: QueueClient

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  stores = await connectStores(environment)
  queue = await startQueueService(environment, catalog)
  client = new QueueClient(queue)
})

afterAll(async () => {
  await queue?.stop()
  await stores?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

test.each([10, 40, 90])(
  'an instance that is killed after %i joins, with others in work, loses no place and no admission that it told of',
  async (killedAfter) => {
    const scheduleId = catalog.addSchedule()
    await client.steer(scheduleId, LIMITS)
    const killed = await startQueueProcess(environment, catalog)
    const told: SeenPlace[] = []
    const cutShort: string[] = []
    try {
      const joins = Array.from({ length: 120 }, async (_none, index) => {
        const user = `${killedAfter}-${index}`
        try {
          told.push(placeOf(await killed.client.join(scheduleId, user)))
        } catch {
          cutShort.push(user)
        }
        if (told.length === killedAfter) killed.process.kill()
      })
      await Promise.all(joins)
    } finally {
      await killed.dispose()
    }
    expect(told.length).toBeGreaterThanOrEqual(killedAfter)

    // At once: nobody is refused, and nobody stands elsewhere than was told.
    for (const { token, sequence, status } of told) {
      const place = placeOf(await client.place(token))
      expect(place.sequence).toBe(sequence)
      if (status === 'ACTIVE') expect(place.status).toBe('ACTIVE')
    }
    // Whoever had no answer asks again. The join may have been done: then there is a place, and a new token for it.
    for (const user of cutShort) {
      const joined = await client.join(scheduleId, user)
      if (joined.code === 'QUEUE_TOKEN_EXISTS') placeOf(await client.reissue(scheduleId, user))
      else expect(placeOf(joined).sequence).toBeGreaterThan(Math.max(...told.map(({ sequence }) => sequence)))
    }
    await expectMirrored(stores, scheduleId)
    await eventually(async () =>
      expect(await notedSequences(stores.pool, scheduleId)).toHaveLength(LIMITS.maxActive),
    )
    expect(await findBrokenLimits(stores.pool, scheduleId, LIMITS)).toEqual([])
  },
)
