import { expect, test } from '@jest/globals'
import { SilentRenewal } from './silent-renewal.ts'

/** Runs a renewal whose tries end like this, the last one again and again; `isOver` is the failure after which no try follows. */
async function renewed(outcomes: (Error | 'ok')[], isOver?: Error) {
  const { promise: end, resolve } = Promise.withResolvers<void>()
  const waits: number[] = []
  let tries = 0
  const renewal = new SilentRenewal({
    renew: async () => {
      const outcome = outcomes[Math.min(tries, outcomes.length - 1)]
      tries += 1
      if (outcome instanceof Error) throw outcome
      resolve()
    },
    onFailure: (error) => {
      if (error === isOver || tries === 8) resolve()
      return error !== isOver
    },
    wait: async (ms) => void waits.push(ms),
  })
  renewal.start()
  renewal.start()
  await end
  return { tries, waits }
}

test('a provider that is away for a while is asked again, less often each time, until it answers', async () => {
  const { tries, waits } = await renewed([new Error('away'), new Error('away'), new Error('away'), 'ok'])
  expect(tries).toBe(4)
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(waits[0]).toBeGreaterThanOrEqual(5_000)
})

test('where the provider knows nobody any more, it is not asked again', async () => {
  const over = new Error('login_required')
  expect((await renewed([new Error('away'), over], over)).tries).toBe(2)
})

test('the tries have a limit, and a wait one of some minute', async () => {
  const { tries, waits } = await renewed([new Error('away')])
  expect(tries).toBe(8)
  expect(Math.max(...waits)).toBeLessThanOrEqual(72_000)
})

test('what wakes a renewal ends its wait', async () => {
  const { promise: second, resolve } = Promise.withResolvers<void>()
  const waiting = Promise.withResolvers<void>()
  let tries = 0
  const renewal = new SilentRenewal({
    renew: async () => {
      tries += 1
      if (tries === 1) throw new Error('away')
      resolve()
    },
    onFailure: () => true,
    wait: (_ms, signal) =>
      new Promise((end) => {
        signal.addEventListener('abort', () => end())
        waiting.resolve()
      }),
  })
  renewal.start()
  await waiting.promise
  renewal.start()
  await second
  expect(tries).toBe(2)
})
