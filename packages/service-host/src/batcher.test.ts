import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { continueTrace, currentTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import fc from 'fast-check'
import { Batcher } from './batcher.ts'
import type { BatcherOptions } from './batcher.ts'

type Options = Omit<BatcherOptions<string, number, number>, 'send'>

/** Doubles numbers; refuses -1 alone, fails with -2, answers too few with -3. */
function doubling(options: Options = { batchMax: 100 }) {
  const sent: { key: string; calls: readonly number[] }[] = []
  const batcher = new Batcher<string, number, number>({
    ...options,
    send: async (key, calls) => {
      sent.push({ key, calls })
      await Promise.resolve()
      if (calls.includes(-2)) throw new Error('no')
      if (calls.includes(-3)) return []
      return calls.map((call) => (call === -1 ? new RangeError('refused') : call * 2))
    },
  })
  return { sent, batcher }
}

/** Sends nothing by itself: each batch waits until the test settles it. */
function byHand(options: Options) {
  const sent: { calls: readonly number[]; settle: () => void; fail: () => void }[] = []
  const batcher = new Batcher<string, number, number>({
    ...options,
    send: (_key, calls) =>
      new Promise((resolve, reject) => {
        sent.push({ calls, settle: () => resolve(calls), fail: () => reject(new Error('no')) })
      }),
  })
  return { sent, batcher, sizes: () => sent.map(({ calls }) => calls.length) }
}

afterEach(() => {
  jest.useRealTimers()
})

describe('calls of one turn of the event loop', () => {
  test('about one thing go together, and each gets its own answer', async () => {
    const { sent, batcher } = doubling()
    const answers = await Promise.all([batcher.add('a', 1), batcher.add('b', 2), batcher.add('a', 3)])
    expect(answers).toEqual([2, 4, 6])
    expect(sent).toEqual([
      { key: 'a', calls: [1, 3] },
      { key: 'b', calls: [2] },
    ])
  })

  test('wait for no later turn', async () => {
    const { sent, batcher } = doubling()
    const first = batcher.add('a', 1)
    await nextTurn()
    const second = batcher.add('a', 2)
    expect(await Promise.all([first, second])).toEqual([2, 4])
    expect(sent.map(({ calls }) => calls)).toEqual([[1], [2]])
  })

  test('wait for no batch in work unless there is a limit', async () => {
    const { batcher, sizes } = byHand({ batchMax: 100 })
    for (let turn = 0; turn < 3; turn += 1) {
      void batcher.add('a', turn)
      await nextTurn()
    }
    expect(sizes()).toEqual([1, 1, 1])
  })
})

test('no more go together than may, in their order', async () => {
  const { sent, batcher } = doubling({ batchMax: 2 })
  expect(await Promise.all([1, 2, 3, 4, 5].map((one) => batcher.add('a', one)))).toEqual([2, 4, 6, 8, 10])
  expect(sent.map(({ calls }) => calls)).toEqual([[1, 2], [3, 4], [5]])
})

test('a call that is refused is refused alone; a batch that fails fails those who share it and nobody else', async () => {
  const { batcher } = doubling()
  const outcomes = await Promise.allSettled([
    batcher.add('refuses', 1),
    batcher.add('refuses', -1),
    batcher.add('fails', 1),
    batcher.add('fails', -2),
    batcher.add('answers too few', 1),
    batcher.add('answers too few', -3),
    batcher.add('works', 1),
  ])
  expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : [one.reason]))).toEqual([
    2,
    [new RangeError('refused')],
    [new Error('no')],
    [new Error('no')],
    [new Error('2 calls of one batch got 0 answers')],
    [new Error('2 calls of one batch got 0 answers')],
    2,
  ])
  expect(await batcher.add('fails', 4)).toBe(8)
})

describe('with a time to linger', () => {
  test('a call waits for others that long, whatever else comes, is sent or is answered meanwhile', async () => {
    jest.useFakeTimers()
    const { sent, batcher } = byHand({ batchMax: 100, lingerMs: 10 })
    const calls = (): (readonly number[])[] => sent.map((batch) => batch.calls)
    const first = batcher.add('a', 1)
    jest.advanceTimersByTime(2)
    void batcher.add('a', 2)
    jest.advanceTimersByTime(7)
    expect(calls()).toEqual([])
    jest.advanceTimersByTime(1)
    expect(calls()).toEqual([[1, 2]])
    jest.advanceTimersByTime(1)
    const third = batcher.add('a', 3)
    sent[0]?.settle()
    await first
    const fourth = batcher.add('a', 4)
    jest.advanceTimersByTime(9)
    expect(calls()).toEqual([[1, 2]])
    jest.advanceTimersByTime(1)
    expect(calls()).toEqual([
      [1, 2],
      [3, 4],
    ])
    sent[1]?.settle()
    expect(await Promise.all([third, fourth])).toEqual([3, 4])
  })

  test('calls that came while no more could be in work are sent as soon as they can', async () => {
    jest.useFakeTimers()
    const { sent, batcher, sizes } = byHand({ batchMax: 100, lingerMs: 10, atOnceMax: 1 })
    const first = batcher.add('a', 1)
    jest.advanceTimersByTime(10)
    void batcher.add('a', 2)
    void batcher.add('a', 3)
    jest.advanceTimersByTime(5)
    sent[0]?.settle()
    await first
    expect(sizes()).toEqual([1, 2])
  })
})

test('where only so many may be in work, those who come meanwhile share the next, which waits for nothing else', async () => {
  const { sent, batcher, sizes } = byHand({ batchMax: 3, atOnceMax: 2 })
  const asked: Promise<number>[] = []
  for (let call = 0; call < 6; call += 1) {
    asked.push(batcher.add('a', call))
    await nextTurn()
  }
  expect(sizes()).toEqual([1, 1])
  // Each key counts for itself.
  asked.push(batcher.add('b', 6))
  await nextTurn()
  expect(sizes()).toEqual([1, 1, 1])
  sent[1]?.settle()
  await asked[1]
  await Promise.resolve()
  expect(sizes()).toEqual([1, 1, 1, 3])
  sent[0]?.settle()
  await asked[0]
  await Promise.resolve()
  expect(sizes()).toEqual([1, 1, 1, 3, 1])
  for (const { settle } of sent) settle()
  expect(await Promise.all(asked)).toEqual([0, 1, 2, 3, 4, 5, 6])
})

test('past the limit of calls without an answer more are refused, until some have theirs', async () => {
  const { sent, batcher } = byHand({ batchMax: 2, atOnceMax: 1, pendingMax: 3 })
  const asked = [batcher.add('a', 1), batcher.add('a', 2), batcher.add('b', 3)]
  await nextTurn()
  await expect(batcher.add('c', 4)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    http: 503,
    retryAfterSeconds: 2,
  })
  sent[0]?.settle()
  sent[1]?.fail()
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
  ])
  const again = [batcher.add('a', 5), batcher.add('a', 6), batcher.add('a', 7)]
  await expect(batcher.add('a', 8)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await nextTurn()
  sent[2]?.settle()
  expect(await Promise.all(again.slice(0, 2))).toEqual([5, 6])
})

test('who has waited too long when a batch is taken is refused, and those behind are sent', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] })
  const { sent, batcher } = byHand({ batchMax: 2, atOnceMax: 1, pendingMax: 5, waitMaxMs: 100 })
  const first = batcher.add('a', 1)
  jest.advanceTimersByTime(1)
  const late = Promise.allSettled([2, 3, 4].map((call) => batcher.add('a', call)))
  jest.advanceTimersByTime(1)
  const inTime = batcher.add('a', 5)
  await expect(batcher.add('a', 6)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  jest.advanceTimersByTime(100)
  sent[0]?.settle()
  expect(await first).toBe(1)
  const refused = { status: 'rejected', reason: { code: 'UNAVAILABLE', http: 503, retryAfterSeconds: 2 } }
  expect(await late).toMatchObject([refused, refused, refused])
  // Those who were refused make room for others.
  const others = Promise.all([6, 7, 8, 9].map((call) => batcher.add('a', call)))
  for (let batch = 1; batch <= 3; batch += 1) {
    sent[batch]?.settle()
    await jest.advanceTimersByTimeAsync(1)
  }
  expect(await inTime).toBe(5)
  expect(await others).toEqual([6, 7, 8, 9])
  expect(sent.map(({ calls }) => calls)).toEqual([[1], [5], [6, 7], [8, 9]])
})

test('no call is lost or answered by another, whatever comes when', async () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b'), calls: fc.nat(5), turns: fc.nat(2) })
  const options = fc.record({
    batchMax: fc.integer({ min: 1, max: 4 }),
    atOnceMax: fc.integer({ min: 1, max: 3 }),
    lingerMs: fc.nat(1),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), options, async (steps, limits) => {
      const working = new Map<string, number>()
      const batcher = new Batcher<string, number, string>({
        ...limits,
        send: async (key, calls) => {
          const inWork = (working.get(key) ?? 0) + 1
          working.set(key, inWork)
          expect(inWork).toBeLessThanOrEqual(limits.atOnceMax)
          expect(calls.length).toBeLessThanOrEqual(limits.batchMax)
          await nextTurn()
          working.set(key, (working.get(key) ?? 0) - 1)
          return calls.map((call) => `${key}${call}`)
        },
      })
      const expected: string[] = []
      const asked: Promise<string>[] = []
      for (const { key, calls, turns } of steps) {
        for (let call = 0; call < calls; call += 1) {
          expected.push(`${key}${asked.length}`)
          asked.push(batcher.add(key, asked.length))
        }
        for (let turn = 0; turn < turns; turn += 1) await nextTurn()
      }
      expect(await Promise.all(asked)).toEqual(expected)
    }),
    { numRuns: 50 },
  )
})

test("a batch has no trace: it is nobody's alone", async () => {
  const traces: unknown[] = []
  const batcher = new Batcher<string, number, number>({
    batchMax: 1,
    send: async (_key, calls) => {
      traces.push(currentTrace())
      return calls
    },
  })
  await runWithTrace(continueTrace({}), () => Promise.all([batcher.add('a', 1), batcher.add('a', 2)]))
  expect(traces).toEqual([undefined, undefined])
})
