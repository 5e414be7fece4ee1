import { createBreaker } from '@frontrow/service-host/breaker'
import type { BreakerState } from '@frontrow/service-host/breaker'
import type { CardProvider, InteractiveCardProvider } from './card-provider.ts'

/** Each has a breaker of its own, so that refunds go on while captures fail. */
export type GuardedCalls = 'captures' | 'refunds'

/**
 * Stops calling a card provider that keeps failing: after more than half of at least 10 calls in 30 s failed, one call in 5 s
 * is let through. The orders stay open and are taken up again. A declined card is an answer, not a failure. The calls' own
 * time-outs are their only deadline. While the breaker is closed, a call that ran into its own counts as no failure, even where all of
 * them do: a bank that is slow to answer for its cards must not stop the cards of the others, and what hangs is bounded by the caller's
 * slots. The call on trial fails by its time-out, and the breaker stays open.
 */
export function breakCardCalls<P extends CardProvider | InteractiveCardProvider>(
  provider: P,
  onState: (state: BreakerState, calls: GuardedCalls) => void,
): P & { shutdown(): void } {
  const { name } = provider
  const captures = breakerOf(name, (state) => onState(state, 'captures'))
  const refunds = breakerOf(name, (state) => onState(state, 'refunds'))
  const simple: Pick<CardProvider, 'capture' | 'refund'> = {
    capture: (request) => captures.run(request.signal, () => provider.capture(request)),
    refund: (request) => refunds.run(request.signal, () => provider.refund(request)),
  }
  const guarded = {
    ...provider,
    ...simple,
    shutdown() {
      captures.shutdown()
      refunds.shutdown()
    },
  }
  if ('cancel' in provider) Object.assign(guarded, interactive(provider, captures))
  return guarded
}

type CardBreaker = ReturnType<typeof breakerOf>

function interactive(provider: InteractiveCardProvider, captures: CardBreaker) {
  const guarded: Pick<InteractiveCardProvider, 'captureInteractively' | 'cancel'> = {
    captureInteractively: (request) =>
      captures.run(request.signal, () => provider.captureInteractively(request)),
    cancel: (request) => captures.run(request.signal, () => provider.cancel(request)),
  }
  return guarded
}

function breakerOf(name: string, onState: (state: BreakerState) => void) {
  let state: BreakerState = 'closed'
  const breaker = createBreaker({
    name,
    volumeThreshold: 10,
    rollingCountMs: 30_000,
    resetMs: 5_000,
    onState(next) {
      state = next
      onState(next)
    },
  })
  return {
    async run<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
      const outcome = await breaker.run(async (): Promise<{ value: T } | { late: unknown }> => {
        try {
          return { value: await call() }
        } catch (error) {
          // The one call that is let through on trial has to be answered.
          if (signal.aborted && state === 'closed') return { late: error }
          throw error
        }
      })
      if ('late' in outcome) throw outcome.late
      return outcome.value
    },
    shutdown: () => breaker.shutdown(),
  }
}
