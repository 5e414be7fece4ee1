import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type {
  ActionRequired,
  CaptureRequest,
  CaptureResult,
  InteractiveCardProvider,
} from './card-provider.ts'

// A call is repeated within seconds, or not at all.
const CALLS_MAX = 10_000
const NEEDS_ACTION = 'the card needs another step'

/** What is known of the capture of one key. */
interface Call {
  count: number
  /** When its owner was first asked for a step. */
  askedAtMs: number | null
  isCancelled: boolean
}

/**
 * Makes a card provider for development and load runs, used where no STRIPE_SECRET_KEY is set. It takes `tok_approved`,
 * `tok_timeout`, `tok_flaky` and `tok_action`, and declines `tok_declined` and any other token. The first call of a key with
 * `tok_timeout` is answered after `lateMs`, which is longer than anybody waits, and one with `tok_flaky` fails; the next
 * calls of the key are answered at once. References are made from the key, so they are the same after a restart.
 *
 * `tok_action` needs a step of its owner, who takes it after `actionMs` by themselves; the owner of `tok_action_declined` fails then,
 * and that of `tok_action_never` does nothing. There is no page to take the step on, so nobody has to find one.
 */
export function createSimulatedCardProvider(options: {
  lateMs: number
  actionMs?: number
}): InteractiveCardProvider {
  const { lateMs, actionMs = 0 } = options
  const calls = new LRUCache<string, Call>({ max: CALLS_MAX })
  const callOf = (key: string): Call => {
    const call = calls.get(key) ?? { count: 0, askedAtMs: null, isCancelled: false }
    calls.set(key, call)
    return call
  }
  const decide = async (request: CaptureRequest): Promise<CaptureResult | 'action'> => {
    const { idempotencyKey, cardToken, signal } = request
    const call = callOf(idempotencyKey)
    call.count += 1
    const captured: CaptureResult = { kind: 'captured', reference: referenceOf(idempotencyKey) }
    switch (cardToken) {
      case 'tok_approved':
        return captured
      case 'tok_timeout':
        if (call.count === 1) await delay(lateMs, undefined, { signal })
        return captured
      case 'tok_flaky':
        if (call.count === 1) throw new Error('the simulated provider failed')
        return captured
      case 'tok_action':
      case 'tok_action_declined':
      case 'tok_action_never':
        if (call.isCancelled) return { kind: 'declined', reason: NEEDS_ACTION }
        call.askedAtMs ??= performance.now()
        if (cardToken === 'tok_action_never' || performance.now() - call.askedAtMs < actionMs) return 'action'
        if (cardToken === 'tok_action') return captured
        return { kind: 'declined', reason: 'the step was not taken' }
      case 'tok_declined':
        return { kind: 'declined', reason: 'the card was declined' }
      default:
        return { kind: 'declined', reason: 'no such card' }
    }
  }
  return {
    name: 'simulator',
    cardByDefault: 'tok_approved',
    async capture(request) {
      const result = await decide(request)
      if (result !== 'action') return result
      callOf(request.idempotencyKey).isCancelled = true
      return { kind: 'declined', reason: NEEDS_ACTION }
    },
    async captureInteractively(request) {
      const result = await decide(request)
      return result === 'action' ? actionOf(request.idempotencyKey) : result
    },
    async cancel({ idempotencyKey }) {
      callOf(idempotencyKey).isCancelled = true
      return { kind: 'declined', reason: NEEDS_ACTION }
    },
    async refund() {
      // No money was taken, so giving it back always works.
    },
    readEvent: null,
  }
}

function actionOf(idempotencyKey: string): ActionRequired {
  const reference = referenceOf(idempotencyKey)
  const nextAction = {
    type: 'use_provider_sdk' as const,
    provider: 'simulator',
    clientSecret: `${reference}_secret`,
  }
  return { kind: 'action_required', reference, nextAction }
}

function referenceOf(idempotencyKey: string): string {
  return `sim_${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 24)}`
}
