import { expect, test } from '@jest/globals'
import { ApiError, NoAnswerError } from '@frontrow/client/errors'
import { keptTry } from './kept-tries.ts'
import { settle } from './settle.ts'

type Outcome = { status: number; retryAfterSeconds: number | undefined } | Error

const accepted = { status: 202, retryAfterSeconds: 2 }
const done = { status: 201, retryAfterSeconds: undefined }
const lost = new NoAnswerError('network')
const refusal = (status: number, code: 'CARD_DECLINED' | 'UNAVAILABLE'): ApiError =>
  new ApiError(status, { code, message: 'no', details: null, requestId: 'r-1' }, new Headers())

/** Settles one request whose tries end like this, the last one again and again. */
async function settled(...outcomes: [Outcome, ...Outcome[]]) {
  const kept = new Map<string, string>()
  const store = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  }
  const keys: string[] = []
  const told: string[] = []
  const end = await settle({
    purpose: 'pay.1',
    body: { amount: 1 },
    store,
    wait: () => Promise.resolve(),
    tell: (unsettled) => told.push(unsettled),
    send: (key) => {
      const outcome = outcomes[Math.min(keys.length, outcomes.length - 1)]
      keys.push(key)
      return outcome instanceof Error || outcome === undefined
        ? Promise.reject(outcome)
        : Promise.resolve(outcome)
    },
  }).catch((error: unknown) => error)
  return {
    end,
    told,
    tries: keys.length,
    keys: new Set(keys).size,
    isKept: keptTry('pay.1', store) !== undefined,
  }
}

test('what takes longer is followed to its end under one key, which is then forgotten', async () => {
  expect(await settled(accepted, accepted, done)).toEqual({
    end: done,
    told: ['slow', 'slow'],
    tries: 3,
    keys: 1,
    isKept: false,
  })
})

test('a lost answer and an outage are asked about again under the same key', async () => {
  const { end, told, keys, isKept } = await settled(lost, refusal(503, 'UNAVAILABLE'), done)
  expect({ end, told, keys, isKept }).toEqual({
    end: done,
    told: ['unknown', 'unknown'],
    keys: 1,
    isKept: false,
  })
})

test('a refusal is the end, and the next try is another request', async () => {
  const { end, tries, isKept } = await settled(lost, refusal(402, 'CARD_DECLINED'))
  expect(end).toMatchObject({ code: 'CARD_DECLINED' })
  expect({ tries, isKept }).toEqual({ tries: 2, isKept: false })
})

test('when nobody ever answers it gives up, and keeps the key for the next try', async () => {
  const { end, tries, keys, isKept } = await settled(lost)
  expect(end).toBe(lost)
  expect({ tries, keys, isKept }).toEqual({ tries: 14, keys: 1, isKept: true })
})
