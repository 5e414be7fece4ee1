import { afterEach, expect, jest, test } from '@jest/globals'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import fc from 'fast-check'
import { pino } from 'pino'
import { BatchLane } from './batch-lane.ts'
import type { Delivery } from './batch-lane.ts'
import { UnreadableMessageError } from './envelope.ts'
import type { Incoming } from './handlers.ts'

const logger = pino({ level: 'silent' })

/** What is the matter with a message: how often it fails before it is applied; `Infinity` for ever. */
interface Planned {
  failures: number
  isUnreadable: boolean
  /** How often it runs into the time limit of a statement, alone or with others. */
  timeouts?: number
}

/** Calls of one partition, each of some messages. */
type PartitionPlan = Planned[][]

interface Plan {
  partitions: PartitionPlan[]
  /** For each attempt, whether the database is away, too busy or there; there afterwards. */
  outages: ('away' | 'busy' | null)[]
  /** More messages than this run into the time limit of a statement. */
  tooManyAbove: number
}

type Numbered = { partition: number; n: number; plan: Planned }

const planned = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ failures: 0, isUnreadable: false }) },
  {
    weight: 2,
    arbitrary: fc.record({ failures: fc.integer({ min: 1, max: 3 }), isUnreadable: fc.constant(false) }),
  },
  { weight: 1, arbitrary: fc.constant({ failures: Infinity, isUnreadable: false }) },
  { weight: 1, arbitrary: fc.constant({ failures: Infinity, isUnreadable: true }) },
  {
    weight: 1,
    arbitrary: fc.record({
      failures: fc.constant(0),
      isUnreadable: fc.constant(false),
      timeouts: fc.integer({ min: 1, max: 30 }),
    }),
  },
)
const plans: fc.Arbitrary<Plan> = fc.record({
  partitions: fc.array(
    fc.array(fc.array(planned, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 }),
    {
      minLength: 1,
      maxLength: 5,
    },
  ),
  outages: fc.array(fc.constantFrom('away', 'busy', null, null, null), { maxLength: 40 }),
  tooManyAbove: fc.constantFrom(3, 200),
})

const failure = (kind: 'away' | 'busy'): Error =>
  Object.assign(new Error(kind), { code: kind === 'away' ? 'ECONNREFUSED' : '57014' })

/** A lane, the database behind it, and what became of the messages. */
function laneOf(plan: Pick<Plan, 'outages' | 'tooManyAbove'>) {
  const outages = [...plan.outages]
  const applied: string[] = []
  const givenUp: { name: string; attempts: number }[] = []
  const failed = new Map<string, number>()
  const timedOut = new Map<string, number>()
  const sizes: number[] = []
  let isBusy = false
  const lane = new BatchLane<Numbered, string>({
    handleMany: async (messages) => {
      expect(isBusy).toBe(false)
      isBusy = true
      sizes.push(messages.length)
      await Promise.resolve()
      isBusy = false
      const outage = outages.shift() ?? null
      if (outage !== null) throw failure(outage)
      if (messages.length > plan.tooManyAbove) throw failure('busy')
      const slow = messages.find(({ id, content }) => (timedOut.get(id) ?? 0) < (content.plan.timeouts ?? 0))
      if (slow !== undefined) {
        timedOut.set(slow.id, (timedOut.get(slow.id) ?? 0) + 1)
        throw failure('busy')
      }
      const bad = messages.find(({ id, content }) => (failed.get(id) ?? 0) < content.plan.failures)
      if (bad !== undefined) {
        failed.set(bad.id, (failed.get(bad.id) ?? 0) + 1)
        throw new Error(`no luck with ${bad.id}`)
      }
      applied.push(...messages.map(({ id }) => id))
    },
    giveUp: async ({ origin }, _error, attempts) => {
      givenUp.push({ name: origin, attempts })
    },
    logger,
    stopping: new AbortController().signal,
  })
  return { lane, applied, givenUp, sizes }
}

function delivery(partition: number, n: number, plan: Planned): Delivery<Numbered, string> {
  const name = `${partition}/${n}`
  const content = { partition, n, plan }
  const trace: Incoming<Numbered>['trace'] = { traceparent: '', requestId: name }
  const message = { id: name, type: 'Numbered', trace, content }
  return { message: plan.isUnreadable ? new UnreadableMessageError(name) : message, origin: name }
}

afterEach(() => {
  jest.useRealTimers()
})

function takeNoTimeForPauses(): void {
  jest.useFakeTimers({
    doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'],
    advanceTimers: false,
  })
}

/** Lets the pauses pass until the work is done. */
async function passingTime<T>(work: Promise<T>): Promise<T> {
  const progress = { isDone: false }
  const done = work.finally(() => (progress.isDone = true))
  while (!progress.isDone) {
    await jest.advanceTimersByTimeAsync(2_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return await done
}

const partitionOf = (name: string) => name.split('/')[0]

test('each good message is applied once and each bad one given up once, in the order of its partition', async () => {
  takeNoTimeForPauses()
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { lane, applied, givenUp, sizes } = laneOf(plan)
      const never = new AbortController().signal
      const finished = () => new Set([...applied, ...givenUp.map(({ name }) => name)])
      const callEach = async (calls: PartitionPlan, partition: number): Promise<void> => {
        let n = 0
        for (const call of calls) {
          const deliveries = call.map((each) => delivery(partition, (n += 1), each))
          for (let done = 0; done < deliveries.length;) done += await lane.add(deliveries.slice(done), never)
          const done = finished()
          expect(deliveries.filter(({ origin }) => !done.has(origin))).toEqual([])
        }
      }
      await passingTime(Promise.all(plan.partitions.map(callEach)))
      for (const [partition, calls] of plan.partitions.entries()) {
        const named = calls.flat().map((each, index) => ({ name: `${partition}/${index + 1}`, each }))
        const ofPartition = (names: string[]) => names.filter((name) => partitionOf(name) === `${partition}`)
        expect(ofPartition(applied)).toEqual(
          named.filter(({ each }) => each.failures !== Infinity).map(({ name }) => name),
        )
        expect(ofPartition(givenUp.map(({ name }) => name))).toEqual(
          named.filter(({ each }) => each.failures === Infinity).map(({ name }) => name),
        )
        for (const { name, each } of named.filter(({ each: { failures } }) => failures === Infinity)) {
          const attempts = givenUp.find((given) => given.name === name)?.attempts
          expect(attempts).toBe(each.isUnreadable ? 1 : 4)
        }
      }
      expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(200)
    }),
    { numRuns: 100 },
  )
})

const good: Planned = { failures: 0, isUnreadable: false }
const bad: Planned = { failures: Infinity, isUnreadable: false }
const unaborted = () => new AbortController().signal

test('those that gather while a batch is applied share the next, up to 200', async () => {
  const { lane, sizes } = laneOf({ outages: [], tooManyAbove: 200 })
  const calls = [90, 90, 30, 200, 1]
  await Promise.all(
    calls.map(
      (count, partition) =>
      lane.add(Array.from({ length: count }, (_, n) => delivery(partition, n, good)), unaborted()), // prettier-ignore
    ),
  )
  expect(sizes).toEqual([180, 30, 200, 1])
})

/** The sizes of all attempts to apply eight messages, of which the first attempts fail like this. */
async function attemptsAfter(errors: Error[]): Promise<number[]> {
  takeNoTimeForPauses()
  const sizes: number[] = []
  const lane = new BatchLane<Numbered, string>({
    handleMany: async (messages) => {
      sizes.push(messages.length)
      const error = errors[sizes.length - 1]
      if (error !== undefined) throw error
    },
    giveUp: () => Promise.reject(new Error('nothing is to be given up here')),
    logger,
    stopping: unaborted(),
  })
  const deliveries = Array.from({ length: 8 }, (_, n) => delivery(0, n, good))
  await passingTime(lane.add(deliveries, unaborted()))
  return sizes
}

test('while no connection of the pool comes free, the batch stays whole: nothing was sent that could be too much', async () => {
  const busy = new Error('timeout exceeded when trying to connect')
  expect(await attemptsAfter(Array.from({ length: 6 }, () => busy))).toEqual([8, 8, 8, 8, 8, 8, 8])
})

test('a refusal as UNAVAILABLE is an outage: the batch stays whole, and no message is given up', async () => {
  const full = generalRefusal('UNAVAILABLE', 'too many people ask for this at once')
  expect(await attemptsAfter(Array.from({ length: 6 }, () => full))).toEqual([8, 8, 8, 8, 8, 8, 8])
})

test('a batch is halved after two attempts in a row that ran into a time limit, and again while it goes on like that', async () => {
  const [busy, away] = [failure('busy'), failure('away')]
  expect(await attemptsAfter([busy])).toEqual([8, 8])
  expect(await attemptsAfter([busy, away, busy])).toEqual([8, 8, 8, 8])
  expect(await attemptsAfter([busy, busy])).toEqual([8, 8, 4, 4])
  expect(await attemptsAfter([busy, busy, busy])).toEqual([8, 8, 4, 2, 2, 4])
})

test('a message that runs into a time limit each time holds up its partition alone, and is tried alone until it does not', async () => {
  takeNoTimeForPauses()
  const calls: string[][] = []
  let isLocked = true
  const lane = new BatchLane<Numbered, string>({
    handleMany: async (messages) => {
      const ids = messages.map(({ id }) => id)
      calls.push(ids)
      if (isLocked && ids.includes('0/2')) throw failure('busy')
    },
    giveUp: () => Promise.reject(new Error('nothing is to be given up here')),
    logger,
    stopping: unaborted(),
  })
  const numbered = (partition: number, ...numbers: number[]) =>
    numbers.map((n) => delivery(partition, n, good))
  const both = [lane.add(numbered(0, 1, 2, 3), unaborted()), lane.add(numbered(1, 1, 2), unaborted())]
  expect(await passingTime(Promise.all(both))).toEqual([1, 2])
  expect(calls.filter((ids) => ids.join() === '0/2')).toHaveLength(4)
  expect(calls.slice(-1)).toEqual([['1/1', '1/2']])
  // The next time it gets one attempt of its own, and the others do not share it.
  calls.length = 0
  const again = [
    lane.add(numbered(1, 3), unaborted()),
    lane.add(numbered(0, 2, 3), unaborted()),
    lane.add(numbered(2, 1), unaborted()),
  ]
  expect(await passingTime(Promise.all(again))).toEqual([1, 0, 1])
  expect(calls).toEqual([['1/3'], ['0/2'], ['2/1']])
  isLocked = false
  calls.length = 0
  expect(await passingTime(lane.add(numbered(0, 2, 3, 4), unaborted()))).toBe(3)
  expect(calls).toEqual([['0/2'], ['0/3', '0/4']])
  calls.length = 0
  const shared = [lane.add(numbered(1, 4), unaborted()), lane.add(numbered(0, 2), unaborted())]
  expect(await passingTime(Promise.all(shared))).toEqual([1, 1])
  expect(calls).toEqual([['1/4', '0/2']])
})

test('a call fails when its dead letter cannot be published, and the next one is served', async () => {
  const applied: string[] = []
  const lane = new BatchLane<Numbered, string>({
    handleMany: async (messages) => {
      if (messages.some(({ content }) => content.plan.failures > 0)) throw new UnreadableMessageError('bad')
      applied.push(...messages.map(({ id }) => id))
    },
    giveUp: () => Promise.reject(new Error('no broker')),
    logger,
    stopping: unaborted(),
  })
  await expect(lane.add([delivery(0, 1, bad), delivery(0, 2, good)], unaborted())).rejects.toThrow(
    'no broker',
  )
  expect(applied).toEqual([])
  await lane.add([delivery(0, 3, good)], unaborted())
  expect(applied).toEqual(['0/3'])
})

test('what nobody waits for any more is not begun, and not tried again', async () => {
  const left = new AbortController()
  const gate = Promise.withResolvers<void>()
  const begun: string[] = []
  const lane = new BatchLane<Numbered, string>({
    handleMany: async (messages) => {
      begun.push(...messages.map(({ id }) => id))
      if (messages[0]?.id !== '0/1') return
      await gate.promise
      throw failure('away')
    },
    giveUp: async () => undefined,
    logger,
    stopping: unaborted(),
  })
  const inHand = expect(lane.add([delivery(0, 1, good)], left.signal)).rejects.toThrow('away')
  while (begun.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const waiting = expect(lane.add([delivery(1, 1, good)], left.signal)).rejects.toThrow('not begun')
  left.abort()
  gate.resolve()
  await Promise.all([inHand, waiting])
  await lane.add([delivery(2, 1, good)], unaborted())
  expect(begun).toEqual(['0/1', '2/1'])
})
