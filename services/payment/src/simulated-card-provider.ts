import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { CaptureResult, CardProvider } from './card-provider.ts'

// A call is repeated within seconds, or not at all.
const CALLS_MAX = 10_000

/**
 * A card provider for development and load runs, used where no STRIPE_SECRET_KEY is set. Test cards:
 * `tok_approved`; `tok_declined`; `tok_timeout` takes the money and answers later than anybody waits, the next call
 * with the same key at once; `tok_flaky` fails the first call of a key, then works. Any other token is declined.
 * Outcomes are derived from the key, so a restarted simulator agrees with what it said before.
 */
export function createSimulatedCardProvider(options: { lateMs: number }): CardProvider {
  const calls = new LRUCache<string, number>({ max: CALLS_MAX })
  return {
    name: 'simulator',
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
      // The money is imaginary; giving it back always works.
    },
  }
}

function referenceOf(idempotencyKey: string): string {
  return `sim_${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 24)}`
}
