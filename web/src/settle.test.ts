import { expect, test } from '@jest/globals'
import { ApiError, NoAnswerError } from '@frontrow/client/errors'
import type { RefusalCode } from '@frontrow/client/errors'
import type { StepEnd } from './cards/card-problem.ts'
import type { CardStep } from './cards/card-step.ts'
import { keptTry } from './kept-tries.ts'
import { settle, StillOpenError } from './settle.ts'

type Outcome = { status: number; retryAfterSeconds: number | undefined; data?: unknown } | Error

const accepted = { status: 202, retryAfterSeconds: 2 }
const done = { status: 201, retryAfterSeconds: undefined }
const lost = new NoAnswerError('network')
const refusal = (status: number, code: RefusalCode): ApiError =>
  new ApiError(status, { code, message: 'no', details: null, requestId: 'r-1' }, new Headers())

/** Settles one request whose tries end like this, the last one again and again. */
const settled = (...outcomes: [Outcome, ...Outcome[]]) => settledWith(undefined, ...outcomes)

/** The same, with the ends of the steps that the card's owner is asked for; each takes them five minutes. */
async function settledWith(ends: StepEnd[] | undefined, ...outcomes: [Outcome, ...Outcome[]]) {
  const kept = new Map<string, string>()
  const store = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  }
  const keys: string[] = []
  const waits: number[] = []
  const steps: CardStep[] = []
  const beganAt = Date.now()
  const told: string[] = []
  const end = await settle({
    purpose: 'pay.1',
    body: { amount: 1 },
    store,
    now: () => waits.reduce((sum, ms) => sum + ms, beganAt + steps.length * 300_000),
    wait: (ms) => {
      waits.push(ms)
      return Promise.resolve()
    },
    tell: (unsettled) => told.push(unsettled),
    ...(ends === undefined
      ? {}
      : {
          takeStep: (step) => {
            steps.push(step)
            return Promise.resolve(ends[steps.length - 1] ?? 'done')
          },
        }),
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
    waits,
    isKept: keptTry('pay.1', store) !== undefined,
  }
}

test('what takes longer is followed to its end under one key, which is then forgotten', async () => {
  expect(await settled(accepted, accepted, done)).toEqual({
    waits: [2_000, 2_000],
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

test.each([
  refusal(401, 'UNAUTHENTICATED'),
  refusal(403, 'FORBIDDEN'),
  refusal(400, 'INVALID_REQUEST'),
  refusal(413, 'PAYLOAD_TOO_LARGE'),
  refusal(415, 'UNSUPPORTED_MEDIA_TYPE'),
  refusal(404, 'NOT_FOUND'),
])('after a lost answer a refusal that is not about the request itself ends nothing: $code', async (no) => {
  const { end, tries, isKept } = await settled(lost, no)
  expect({ end, tries, isKept }).toEqual({ end: no, tries: 2, isKept: true })
})

test('where the only send was refused nothing was done, and the next press is another request', async () => {
  expect(await settled(refusal(401, 'UNAUTHENTICATED'))).toMatchObject({ tries: 1, isKept: false })
  expect(await settled(refusal(429, 'RATE_LIMITED'))).toMatchObject({ tries: 14, told: [], isKept: false })
})

test('what never ends is asked about at most once a second, and not for ever', async () => {
  const { end, waits, isKept } = await settled({ status: 202, retryAfterSeconds: 0 })
  expect(end).toEqual(new StillOpenError())
  expect(Math.min(...waits)).toBe(1_000)
  expect(waits.length).toBeLessThanOrEqual(240)
  expect(isKept).toBe(true)
  const late = await settled({ status: 202, retryAfterSeconds: 86_400 }, done)
  expect(late).toMatchObject({ end: done, waits: [30_000] })
})

const until = '2030-01-01T00:00:00.000Z'
const asked: CardStep = { kind: 'stripe', clientSecret: 'pi_1_secret_2', untilMs: Date.parse(until) }
const nextAction = { type: 'use_provider_sdk', provider: 'stripe', clientSecret: 'pi_1_secret_2', until }
const step = { status: 202, retryAfterSeconds: 1, data: { nextAction } }

test('a card that asks for a step of its owner is not waited for where nobody can show it', async () => {
  const { end, tries, isKept } = await settled(step)
  expect(end).toMatchObject({ name: 'StillOpenError', step: asked })
  expect({ tries, isKept }).toEqual({ tries: 1, isKept: true })
})

test('what the owner of a card did at the bank is followed to the end of the payment, however long they took', async () => {
  const { end, told, keys, isKept } = await settledWith(['done', 'done'], step, step, accepted, done)
  expect({ end, told, keys, isKept }).toEqual({
    end: done,
    told: ['slow', 'slow', 'slow'],
    keys: 1,
    isKept: false,
  })
})

test('a step that was refused ends with what the API says of it; the next press is another payment', async () => {
  const declined = refusal(402, 'CARD_DECLINED')
  expect(await settledWith(['refused'], step, declined)).toMatchObject({
    end: declined,
    told: ['refused'],
    isKept: false,
  })
})

test('a step that could not be shown waits for a press, which goes on with the same payment', async () => {
  const { end, tries, isKept } = await settledWith(['open'], step)
  expect(end).toBeInstanceOf(StillOpenError)
  expect({ tries, isKept }).toEqual({ tries: 1, isKept: true })
})
