/**
 * Why there is no card to pay with. `form`: something in the form is missing or wrong, which stands beside it; `card`: Stripe refused the
 * card; `away`: Stripe did not answer, or not in time; `broken`: the form can't be used here, such as by a wrong key.
 */
export type CardProblemKind = 'form' | 'card' | 'away' | 'broken'

/** There is no card to pay with. Nothing was sent to the API, and nothing taken. */
export class CardProblem extends Error {
  override name = 'CardProblem'
  readonly kind: CardProblemKind

  /** `message` is shown to people for the kind `card` only. */
  constructor(kind: CardProblemKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** An error as Stripe's program in the page returns it. */
export interface StripeFailure {
  type: string
  code?: string
  message?: string
}

const KINDS: Readonly<Record<string, CardProblemKind>> = {
  validation_error: 'form',
  card_error: 'card',
  api_connection_error: 'away',
  api_error: 'away',
  rate_limit_error: 'away',
}

/** What one of Stripe's errors means for the person. */
export function problemOf({ type, message = type }: StripeFailure): CardProblem {
  return new CardProblem(KINDS[type] ?? 'broken', message)
}

/** How the owner of a card left the step that their bank asked for, as far as the page knows; the API alone says what came of the payment. */
export type StepEnd =
  /** There is nothing more to do for them. */
  | 'done'
  /** They refused it, gave it up or failed. */
  | 'refused'
  /** It could not be shown, and may be tried again. */
  | 'open'

/** What Stripe's error of a step means. A payment that waits for no step any more has had it, before a reload or in another tab. */
export function stepEndOf(failure: StripeFailure | undefined): StepEnd {
  if (failure === undefined || failure.code === 'payment_intent_unexpected_state') return 'done'
  return problemOf(failure).kind === 'away' ? 'open' : 'refused'
}
