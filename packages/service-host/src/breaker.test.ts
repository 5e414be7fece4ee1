import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { BreakerOpenError, createBreaker } from './breaker.ts'
import type { Breaker, BreakerState } from './breaker.ts'

class NoSuchThing extends Error {}

let breaker: Breaker
let states: BreakerState[]

beforeEach(() => {
  jest.useFakeTimers()
  states = []
  breaker = createBreaker({
    name: 'the other side',
    volumeThreshold: 4,
    rollingCountMs: 10_000,
    resetMs: 2_000,
    isFailure: (error) => !(error instanceof NoSuchThing),
    onState: (state) => states.push(state),
  })
})

afterEach(() => {
  breaker.shutdown()
  jest.useRealTimers()
})

const succeed = (): Promise<string> => breaker.run(async () => 'fine')

async function fail(error = new Error('no answer')): Promise<void> {
  const work = async (): Promise<never> => {
    throw error
  }
  await expect(breaker.run(work)).rejects.toBe(error)
}

test('every call gets its own result or its own error, also undefined', async () => {
  const [text, number, nothing] = await Promise.all([
    breaker.run(async () => 'text'),
    breaker.run(async () => 1),
    breaker.run(async () => undefined),
    fail(),
  ])
  expect([text, number, nothing]).toEqual(['text', 1, undefined])
})

test('it opens when more than half of enough calls failed, and not before', async () => {
  await succeed()
  await succeed()
  await fail()
  await fail()
  expect([breaker.isOpen, states]).toEqual([false, []])
  await fail()
  expect([breaker.isOpen, states]).toEqual([true, ['open']])
})

test('it stays closed over failures of too few calls', async () => {
  for (let call = 0; call < 3; call += 1) await fail()
  expect(states).toEqual([])
})

test('while it is open no call is made', async () => {
  for (let call = 0; call < 4; call += 1) await fail()
  const work = jest.fn(async () => 'fine')
  await expect(breaker.run(work)).rejects.toThrow(BreakerOpenError)
  expect(work).not.toHaveBeenCalled()
})

test('it tries one call after its time, and closes when that succeeds', async () => {
  for (let call = 0; call < 4; call += 1) await fail()
  jest.advanceTimersByTime(2_000)
  expect(states).toEqual(['open', 'half open'])
  const trial = Promise.withResolvers<string>()
  const tried = breaker.run(() => trial.promise)
  await expect(succeed()).rejects.toThrow(BreakerOpenError)
  trial.resolve('fine')
  await expect(tried).resolves.toBe('fine')
  await expect(succeed()).resolves.toBe('fine')
  expect(states).toEqual(['open', 'half open', 'closed'])
})

test('it opens again when the call that it tries fails', async () => {
  for (let call = 0; call < 4; call += 1) await fail()
  jest.advanceTimersByTime(2_000)
  await fail()
  expect([breaker.isOpen, states]).toEqual([true, ['open', 'half open', 'open']])
})

test('an error that is an answer never opens it', async () => {
  for (let call = 0; call < 20; call += 1) await fail(new NoSuchThing())
  expect(states).toEqual([])
})

test('it can be closed by hand', async () => {
  for (let call = 0; call < 4; call += 1) await fail()
  breaker.close()
  await expect(succeed()).resolves.toBe('fine')
})
