import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import fc from 'fast-check'
import { z } from 'zod'
import { connectStores } from './queue-under-test.ts'
import type { Stores } from './queue-under-test.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { SimulatedInstance } from './simulated-instance.ts'
import { SimulatedRedis } from './simulated-redis.ts'
import { Simulation } from './simulation.ts'
import type { Simulated } from './simulation.ts'
import { courses } from './simulation-course.ts'

// A course that fails is printed with its seed and path. SIMULATION_SEED and SIMULATION_PATH repeat it:
//   SIMULATION_SEED=… SIMULATION_PATH=… npm test -- --selectProjects int --testPathPatterns queue/test/simulation
// Without them the courses are other ones each time. SIMULATION_COURSES=100000 lets it run all night.
const { SIMULATION_COURSES, SIMULATION_SEED, SIMULATION_PATH } = z
  .object({
    SIMULATION_COURSES: z.coerce.number().int().positive().optional(),
    SIMULATION_SEED: z.coerce.number().int().optional(),
    SIMULATION_PATH: z.string().optional(),
  })
  .parse(process.env)

const COURSES = 150
// On a busy machine fewer courses are made, unless their number is asked for.
const COURSES_MAX_MS = 25_000
const SHRINKING_MAX_MS = 40_000
const COURSE_MAX_MS = 5_000

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

const numRuns = SIMULATION_COURSES ?? COURSES

test(
  'the service does what the model does, in any course of joins, ends, holds, deadlines, kills and lost writes',
  async () => {
    let untilMs = performance.now() + (SIMULATION_COURSES === undefined ? COURSES_MAX_MS : Infinity)
    let hasFailed = false
    let made = 0
    const property = fc.asyncProperty(courses, async (course) => {
      if (performance.now() > untilMs) return
      try {
        await clock.rule(() => new Simulation(on, course).run())
        made += 1
      } catch (error) {
        if (!hasFailed) untilMs = performance.now() + SHRINKING_MAX_MS
        hasFailed = true
        throw error
      }
    })
    const repeated = SIMULATION_SEED === undefined ? {} : { seed: SIMULATION_SEED }
    const path = SIMULATION_PATH === undefined ? {} : { path: SIMULATION_PATH }
    await fc.assert(property, { numRuns, ...repeated, ...path })
    if (SIMULATION_PATH === undefined) expect(made).toBeGreaterThan(3)
  },
  60_000 + numRuns * COURSE_MAX_MS,
)
