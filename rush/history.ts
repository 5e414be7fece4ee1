/** What happened to the fans as they saw it: the evidence that the checks are made on. Times are ms since the epoch. */
export interface History {
  readonly fans: FanRecord[]
  readonly repeats: RepeatRecord[]
}

/** One fan's evening. */
export interface FanRecord {
  readonly userId: string
  place: PlaceRecord | undefined
  readonly holds: HoldRecord[]
  readonly payments: PaymentRecord[]
  /** Sum of the charges that were answered 200. */
  charged: number
  /** A charge or payment ended without an answer: what the wallet holds can't be foretold. */
  moneyUncertain: boolean
  /** A hold ended without an answer: seats may be this fan's without their knowing. */
  holdUncertain: boolean
}

/** A place in the line, and when it was surely WAITING or ACTIVE. */
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
  /** When giving it back was begun. */
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
  cancelled: boolean
}

/** Two requests with the same key and body; `problem` where their answers differ. */
export interface RepeatRecord {
  readonly userId: string
  readonly what: 'charge' | 'payment' | 'cancellation'
  readonly problem: string | undefined
}

/** What the system says after all is over. Absent where it could not be asked. */
export interface FinalFacts {
  /** Status by reservation, or 'MISSING'. */
  readonly reservations: ReadonlyMap<string, string>
  readonly payments: ReadonlyMap<string, { status: string; amount: number }>
  /** By user. */
  readonly balances: ReadonlyMap<string, number>
}

/** A record to begin with. */
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
