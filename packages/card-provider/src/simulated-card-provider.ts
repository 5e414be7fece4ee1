import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { CaptureResult, CardProvider } from './card-provider.ts'

// A call is repeated within seconds, or not at all.
const CALLS_MAX = 10_000

/**
 * Makes a card provider for development and load runs, used where no STRIPE_SECRET_KEY is set. It takes `tok_approved`,
 * `tok_timeout` and `tok_flaky`, and declines `tok_declined` and any other token. The first call of a key with
 * `tok_timeout` is answered after `lateMs`, which is longer than anybody waits, and one with `tok_flaky` fails; the next
 * calls of the key are answered at once. References are made from the key, so they are the same after a restart.
 */
export function createSimulatedCardProvider(options: { lateMs: number }): CardProvider {
  const calls = new LRUCache<string, number>({ max: CALLS_MAX })
  return {
    name: 'simulator',
    cardByDefault: 'tok_approved',
    async capture({ idempotencyKey, cardToken, signal }): Promise<CaptureResult> {
      const call = (calls.get(idempotencyKey) ?? 0) + 1
      calls.set(idempotencyKey, call)
      const captured: CaptureResult = { kind: 'captured', reference: referenceOf(idempotencyKey) }
      switch (cardToken) {
        case 'tok_approved':
          return captured
        case 'tok_timeout':
          if (call === 1) await delay(options.lateMs, undefined, { signal })
          return captured
        case 'tok_flaky':
          if (call === 1) throw new Error('the simulated provider failed')
          return captured
        case 'tok_declined':
          return { kind: 'declined', reason: 'the card was declined' }
        default:
          return { kind: 'declined', reason: 'no such card' }
      }
    },
    async refund() {
      // No money was taken, so giving it back always works.
    },
  }
}

function referenceOf(idempotencyKey: string): string {
  return `sim_${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 24)}`
}
