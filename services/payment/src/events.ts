import type { ServiceHost } from '@frontrow/service-host/host'
import { Counter, Histogram } from 'prom-client'
import type { EventOutcome } from './sql/provider-events.ts'

/**
 * Counts and logs what happens to payments. An operator reads one line a payment, that of its end, at the level info; how it came there
 * is logged at debug.
 */
export interface PaymentEvents {
  begun(payment: { paymentId: string; reservationId: string; paymentMethod: string }): void
  moved(saga: { paymentId: string; from: string; to: string; message: string; reason: string | null }): void
  impossible(saga: { paymentId: string; state: string; message: string }): void
  /** An event of the card provider, and what was made of it. */
  providerEvent(event: { eventId: string; type: string; kind: string; outcome: EventOutcome }): void
  /** A saga that stood still was told what it had missed: `found` says what. */
  reconciled(saga: { paymentId: string; found: string }): void
  /** `from` and `to` are statuses of the payment; `seconds` is the time since it was begun. */
  settled(payment: {
    paymentId: string
    from: string
    to: string
    reason: string | null
    seconds: number
  }): void
}

export function createPaymentEvents(host: Pick<ServiceHost, 'logger' | 'metrics'>): PaymentEvents {
  const registers = [host.metrics.registry]
  const begun = new Counter({
    name: 'payments_begun_total',
    help: 'Payments begun, by method',
    labelNames: ['method'] as const,
    registers,
  })
  const moves = new Counter({
    name: 'saga_moves_total',
    help: 'Moves of purchase sagas, by the state they go to and the message',
    labelNames: ['to', 'message'] as const,
    registers,
  })
  const impossible = new Counter({
    name: 'saga_impossible_messages_total',
    help: 'Messages that could not be right for their saga; each is a dead letter',
    labelNames: ['state', 'message'] as const,
    registers,
  })
  const providerEvents = new Counter({
    name: 'provider_events_total',
    help: 'Events of the card provider, by what they are about and what was made of them; `noticed` and `unknown` are for a person to look at',
    labelNames: ['kind', 'outcome'] as const,
    registers,
  })
  const reconciled = new Counter({
    name: 'sagas_reconciled_total',
    help: 'Sagas that stood still and were told what they had missed, by what was found',
    labelNames: ['found'] as const,
    registers,
  })
  const seconds = new Histogram({
    name: 'saga_duration_seconds',
    help: 'From POST /payments to the settled saga',
    labelNames: ['state'] as const,
    buckets: [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600],
    registers,
  })
  return {
    begun(payment) {
      begun.inc({ method: payment.paymentMethod })
      host.logger.debug(payment, 'payment begun')
    },
    moved(saga) {
      moves.inc({ to: saga.to, message: saga.message })
      host.logger.debug(saga, 'saga moved')
    },
    impossible(saga) {
      impossible.inc({ state: saga.state, message: saga.message })
      host.logger.error(saga, 'a message that can not be right for its saga')
    },
    providerEvent(event) {
      const { kind, outcome } = event
      providerEvents.inc({ kind, outcome })
      if (outcome === 'noticed')
        host.logger.warn(event, 'somebody disputed or gave back a payment at the card provider')
      else if (outcome === 'unknown')
        host.logger.warn(
          event,
          'a dispute or refund of no payment of ours; it may be of the charge of a wallet',
        )
      else host.logger.debug(event, 'event of the card provider')
    },
    reconciled(saga) {
      reconciled.inc({ found: saga.found })
      host.logger.warn(saga, 'a saga was told what it had missed')
    },
    settled(payment) {
      seconds.observe({ state: payment.to }, payment.seconds)
      host.logger.info(payment, 'payment settled')
    },
  }
}
