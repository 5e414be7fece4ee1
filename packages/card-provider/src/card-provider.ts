/** The outcome of a capture that the provider has decided. */
export type CaptureResult = { kind: 'captured'; reference: string } | { kind: 'declined'; reason: string }

/** What takes the card's owner through a further step, for the page that they pay on. */
export type NextAction =
  /** Somewhere to go to; it comes back to the shop by itself. */
  | { type: 'redirect_to_url'; url: string }
  /** The provider's own program in the page shows the step; the secret opens this one payment and nothing else. */
  | { type: 'use_provider_sdk'; provider: string; clientSecret: string }

/** The capture waits for the card's owner, and takes the money when they have done the next action. */
export interface ActionRequired {
  kind: 'action_required'
  reference: string
  nextAction: NextAction
}

/** A capture that is asked for. The same key is the same capture. */
export interface CaptureRequest {
  idempotencyKey: string
  cardToken: string
  amount: number
  signal: AbortSignal
}

/**
 * Takes money from cards and gives it back; amounts are in the currency's smallest unit. All calls carry an idempotency
 * key: the same key is the same operation, however often it is asked for. They end when `signal` is aborted, and reject
 * where the outcome is not known (time-out, provider down). A declined card is a result.
 */
export interface CardProvider {
  readonly name: string
  /** The card that is taken where a charge names none. Only a provider that takes nobody's money has one. */
  readonly cardByDefault?: string
  /** A card that needs a further step of its owner is declined. */
  capture(request: CaptureRequest): Promise<CaptureResult>
  /** Gives the whole amount of a capture back. */
  refund(request: {
    idempotencyKey: string
    reference: string
    amount: number
    signal: AbortSignal
  }): Promise<void>
}

/** A provider whose cards may need a further step of their owner (3-D Secure), for whoever can bring them to it. */
export interface InteractiveCardProvider extends CardProvider {
  /**
   * As `capture`, but leaves a card that needs a further step open. Asked again, it says what has become of the capture; with the
   * `reference` of an earlier answer that takes one request. `paymentId` comes back with the card's owner.
   */
  captureInteractively(
    request: CaptureRequest & { paymentId: string; reference: string | null },
  ): Promise<CaptureResult | ActionRequired>
  /** Ends a capture that waits for the card's owner: declined, or captured where they were faster. */
  cancel(request: { idempotencyKey: string; reference: string; signal: AbortSignal }): Promise<CaptureResult>
  /**
   * Reads what the provider tells by itself. Null where the signature does not prove that it is from the provider and new; refuses
   * INVALID_REQUEST where it does and the body is no event. Only the provider's answer to a question is to be believed about a capture; an
   * event says that it is time to ask.
   */
  readonly readEvent: ((body: Buffer, signature: string) => ProviderEvent | null) | null
}

/** What a provider tells by itself: of a capture, or of what somebody did with one elsewhere. */
export interface ProviderEvent {
  eventId: string
  /** In the provider's words. */
  type: string
  kind: 'capture' | 'dispute' | 'refund' | 'other'
  /** Of the capture, as `captured` and `action_required` have it. */
  reference: string | null
  /** Of the capture. Null where the event does not carry it. */
  idempotencyKey: string | null
  /** What is disputed or was given back. */
  amount: number | null
  /** How far it is, or why it was done, in the provider's words. */
  status: string | null
  reason: string | null
  happenedAt: Date
}
