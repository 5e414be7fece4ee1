import { createBreaker } from '@frontrow/service-host/breaker'
import type { BreakerState } from '@frontrow/service-host/breaker'
import type { CardProvider } from './card-provider.ts'

/**
 * Stops calling a card provider that keeps failing: after more than half of at least 10 calls in 30 s failed, one call in 5 s
 * is let through. The orders stay open and are taken up again. A declined card is an answer, not a failure. The calls' own
 * time-outs are their only deadline.
 */
export function breakCardCalls(
  provider: CardProvider,
  onState: (state: BreakerState) => void,
): CardProvider & { shutdown(): void } {
  const { name } = provider
  const breaker = createBreaker({
    name,
    volumeThreshold: 10,
    rollingCountMs: 30_000,
    resetMs: 5_000,
    onState,
  })
  return {
    name,
    capture: (request) => breaker.run(() => provider.capture(request)),
    refund: (request) => breaker.run(() => provider.refund(request)),
    shutdown: () => breaker.shutdown(),
  }
}
