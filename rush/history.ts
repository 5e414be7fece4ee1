/** What happened to the fans as they saw it: the evidence that the checks are made on. Times are ms since the epoch. */
export interface History {
  readonly fans: FanRecord[]
  readonly repeats: RepeatRecord[]
}

/** What one fan did and was answered. */
export interface FanRecord {
  readonly userId: string
  place: PlaceRecord | undefined
  readonly holds: HoldRecord[]
  readonly payments: PaymentRecord[]
  /** Sum of the charges that were answered 200. */
  charged: number
  /** A charge or payment got no answer, so nobody can say what the wallet should hold. */
  moneyUncertain: boolean
  /** A hold got no answer, so the fan may have seats without knowing it. */
  holdUncertain: boolean
}

/** A place in the line, with the times at which it is known to have been WAITING or ACTIVE. */
export interface PlaceRecord {
  readonly sequence: number
  /** By the system's clock, from its answers. */
  lastWaitingAt: number | undefined
  firstActiveAt: number | undefined
  /** By our clock: known ACTIVE since, and last used with success (as of sending). */
  activeFrom: number | undefined
  activeUntil: number | undefined
}

/** Seats that were held. */
export interface HoldRecord {
  readonly reservationId: string
  readonly seatIds: readonly number[]
  readonly amount: number
  /** When the answer came. */
  readonly heldAt: number
  readonly expiresAt: number
  /** When the fan first asked to cancel it. */
  releasedAt: number | undefined
  confirmedAt: number | undefined
}

/** A payment that was answered 201 or 202. */
export interface PaymentRecord {
  readonly paymentId: string
  readonly reservationId: string
  readonly amount: number
  readonly method: 'BALANCE' | 'CARD'
  /** Answered APPROVED, at once or when asked again. */
  approved: boolean
  /** Answered FAILED or REFUNDED when asked again, without having been APPROVED: it confirms nothing. */
  failed: boolean
  cancelled: boolean
}

/** Two requests with the same key and body; `problem` where their answers differ. */
export interface RepeatRecord {
  readonly userId: string
  readonly what: 'charge' | 'payment' | 'cancellation'
  readonly problem: string | undefined
}

/** The final state as the system tells it. A key is missing where the system did not answer. */
export interface FinalFacts {
  /** Status by reservation, or 'MISSING'. */
  readonly reservations: ReadonlyMap<string, string>
  /** Seats by reservation. */
  readonly seats: ReadonlyMap<string, readonly number[]>
  readonly payments: ReadonlyMap<string, { status: string; amount: number }>
  /** By user. */
  readonly balances: ReadonlyMap<string, number>
}

/** The record of a fan who has done nothing yet. */
export function newFanRecord(userId: string): FanRecord {
  return {
    userId,
    place: undefined,
    holds: [],
    payments: [],
    charged: 0,
    moneyUncertain: false,
    holdUncertain: false,
  }
}
