import CircuitBreaker from 'opossum'
import type { CaptureResult, CardProvider } from './card-provider.ts'

/**
 * Stops calling a card provider that keeps failing: after half of at least 10 calls in 30 s failed, one call in 5 s is let
 * through. The orders stay open and are taken up again. A declined card is an answer, not a failure. The calls' own
 * time-outs end before anything here would.
 */
export function breakCardCalls(
  provider: CardProvider,
  onChange: (state: 'open' | 'half open' | 'closed') => void,
): CardProvider & { shutdown(): void } {
  const breaker = new CircuitBreaker((run: () => Promise<void>) => run(), {
    name: provider.name,
    timeout: false,
    volumeThreshold: 10,
    errorThresholdPercentage: 50,
    rollingCountTimeout: 30_000,
    resetTimeout: 5_000,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  })
  breaker.on('open', () => onChange('open'))
  breaker.on('halfOpen', () => onChange('half open'))
  breaker.on('close', () => onChange('closed'))
  return {
    name: provider.name,
    async capture(request) {
      let result: CaptureResult | undefined
      await breaker.fire(async () => {
        result = await provider.capture(request)
      })
      if (result === undefined) throw new Error('the breaker resolved without running the call')
      return result
    },
    refund: (request) => breaker.fire(() => provider.refund(request)),
    shutdown: () => breaker.shutdown(),
  }
}
