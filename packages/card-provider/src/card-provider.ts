/** The outcome of a capture that the provider has decided. */
export type CaptureResult = { kind: 'captured'; reference: string } | { kind: 'declined'; reason: string }

/**
 * Takes money from cards and gives it back; amounts are in the currency's smallest unit. Both calls carry an idempotency
 * key: the same key is the same operation, however often it is asked for. They end when `signal` is aborted, and reject
 * where the outcome is not known (time-out, provider down). A declined card is a result.
 */
export interface CardProvider {
  readonly name: string
  /** The card that is taken where a charge names none. Only a provider that takes nobody's money has one. */
  readonly cardByDefault?: string
  capture(request: {
    idempotencyKey: string
    cardToken: string
    amount: number
    signal: AbortSignal
  }): Promise<CaptureResult>
  /** Gives the whole amount of a capture back. */
  refund(request: {
    idempotencyKey: string
    reference: string
    amount: number
    signal: AbortSignal
  }): Promise<void>
}
