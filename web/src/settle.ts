import { ApiError } from '@frontrow/client/errors'
import { pause } from '@frontrow/client/pause'
import { isWorthRepeating, repeatAfterMs } from './api.ts'
import { tabStore } from './browser-store.ts'
import type { Store } from './browser-store.ts'
import type { StepEnd } from './cards/card-problem.ts'
import { readCardStep } from './cards/card-step.ts'
import type { CardStep } from './cards/card-step.ts'
import { forgetTry, giveUpTry, keepTry } from './kept-tries.ts'

/** An answer of a route that may take longer: with 202 it goes on, and the same request with the same key waits again. */
interface Answered {
  status: number
  retryAfterSeconds: number | undefined
  data?: unknown
}

/**
 * What a person is told while a request has no end. `unknown`: nobody answered, and it may have been done all the same; `step`: the owner
 * of the card is asked to confirm it; `refused`: they did not, and the end is on its way.
 */
export type Unsettled = 'slow' | 'unknown' | 'step' | 'refused'

/** Nobody waits for the end any more: it is still at work, or the owner of the card has a step to take first. */
export class StillOpenError extends Error {
  override name = 'StillOpenError'
  /** The step; undefined where it is only slow. */
  readonly step: CardStep | undefined

  constructor(step?: CardStep) {
    super(step === undefined ? 'still at work' : 'the card asks for a step of its owner')
    this.step = step
  }
}

/** How often a request is sent whose answer does not come; with the growing waits these are some three minutes. */
const TRIES_MAX = 14
/** How long the end of one press is waited for in all. */
const DEADLINE_MS = 4 * 60_000
const WAIT_MIN_MS = 1_000
const WAIT_MAX_MS = 30_000

/**
 * Sends a request with its kept key until its end is known: through 202, lost connections and answers that say to come again. Its
 * key is forgotten then. Rejects with the refusal, or with the last failure when it gives up; where an earlier send may have been done
 * all the same, the key is kept, and the next try goes on with this request.
 */
export async function settle<A extends Answered>({
  purpose,
  body,
  send,
  tell,
  takeStep,
  wait = pause,
  store = tabStore,
  now = Date.now,
}: {
  purpose: string
  body: unknown
  send: (key: string) => Promise<A>
  tell: (unsettled: Unsettled) => void
  /** Has the owner of the card take a step; without it, whatever asks for one is given up. */
  takeStep?: (step: CardStep) => Promise<StepEnd>
  wait?: (ms: number) => Promise<void>
  store?: Store
  now?: () => number
}): Promise<Exclude<A, { status: 202 }>> {
  const { key, isNew } = keepTry(purpose, body, store, now())
  let deadline = now() + DEADLINE_MS
  // Whether an earlier send may have been done: then only an answer about this very request ends it.
  let isOpen = !isNew
  const giveUp = (error: unknown): never => {
    if (isOpen) giveUpTry(purpose, key, store)
    else forgetTry(purpose, key, store)
    throw error
  }
  const pauseFor = async (ms: number, reason: unknown): Promise<void> => {
    const waitMs = Math.min(WAIT_MAX_MS, Math.max(WAIT_MIN_MS, ms))
    if (now() + waitMs > deadline) giveUp(reason)
    await wait(waitMs)
  }
  for (let failures = 0; ;) {
    const outcome = await send(key).catch((error: unknown) => new Failed(error))
    if (outcome instanceof Failed) {
      const { error } = outcome
      if (error instanceof ApiError && decides(error)) {
        forgetTry(purpose, key, store)
        throw error
      }
      isOpen ||= mayBeDone(error)
      failures += 1
      if (failures >= TRIES_MAX || !isWorthRepeating(error)) return giveUp(error)
      if (isOpen) tell('unknown')
      await pauseFor(repeatAfterMs(failures - 1, error), error)
    } else if (isSettled(outcome)) {
      forgetTry(purpose, key, store)
      return outcome
    } else {
      isOpen = true
      failures = 0
      const step = readCardStep(outcome.data)
      if (step !== undefined) {
        const askedAt = now()
        const end = (await takeStep?.(step)) ?? 'open'
        if (end === 'open') giveUp(new StillOpenError(step))
        // A person has the time that the bank gives them.
        deadline += now() - askedAt
        tell(end === 'refused' ? 'refused' : 'slow')
      } else tell('slow')
      await pauseFor((outcome.retryAfterSeconds ?? 1) * 1_000, new StillOpenError())
    }
  }
}

class Failed {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

const DECIDING: readonly number[] = [402, 404, 409, 410, 412, 422]

/**
 * Whether a refusal is about what the request wants, which the API says only where no earlier send with the key was done. What is
 * refused before that (who asks, how often, in which shape) says nothing about an earlier send.
 */
function decides(error: ApiError): boolean {
  return DECIDING.includes(error.status) && error.code !== 'NOT_FOUND' && !isWorthRepeating(error)
}

function mayBeDone(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 408 || error.status === 409
}

function isSettled<A extends Answered>(answer: A): answer is Exclude<A, { status: 202 }> {
  return answer.status !== 202
}
