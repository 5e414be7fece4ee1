import { afterAll, beforeAll, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import fc from 'fast-check'
import { connectStores } from './queue-under-test.ts'
import type { Stores } from './queue-under-test.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { SimulatedInstance } from './simulated-instance.ts'
import { SimulatedRedis } from './simulated-redis.ts'
import { Simulation } from './simulation.ts'
import type { Simulated } from './simulation.ts'
import { courses } from './simulation-course.ts'

const COURSES = Number(process.env['SIMULATION_COURSES'] ?? '100')

let environment: TestEnvironment
let clock: SimulatedClock
let stores: Stores[] = []
let on: Simulated

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  clock = await SimulatedClock.install(environment)
  const ofClock = SimulatedClock.environmentOf(environment)
  const [first, second] = [await connectStores(ofClock), await connectStores(ofClock)]
  stores = [first, second]
  for (const { redis } of stores) clock.useIn(redis)
  const redis = new SimulatedRedis(first.redis)
  on = { environment, clock, redis, instances: [new SimulatedInstance(first), new SimulatedInstance(second)] }
})

afterAll(async () => {
  for (const one of stores) await one.stop()
  await clock?.stop()
  await environment?.dispose()
})

test('the service does what the model does, in any course of joins, ends, holds, deadlines, kills and lost writes', async () => {
  await fc.assert(
    fc.asyncProperty(courses, async (course) => {
      await clock.rule(() => new Simulation(on, course).run())
    }),
    { numRuns: COURSES },
  )
}, 600_000)
