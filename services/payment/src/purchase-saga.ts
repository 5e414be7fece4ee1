/**
 * THE PURCHASE SAGA. One payment across three services, each step undone by a compensating one when a later one fails:
 *
 *   step                  asks                              yes                  no                          undone by
 *   1  TAKING_MONEY       DebitWallet | CaptureCard         -> CONFIRMING        -> FAILED                   refund
 *      AWAITING_ACTION    the card's owner, until the hold ends                    -> REFUNDING                refund
 *   2  CONFIRMING         ConfirmReservation                -> APPROVED          -> REFUNDING                cancel + refund
 *   3  APPROVED           PaymentApproved (event)           settled              ReservationCancelled -> REFUNDING
 *      before APPROVED    ReservationCancelled: its hold was given back, nothing more is taken         -> REFUNDING
 *      REFUNDING          RefundWallet | RefundCard         -> REFUNDED, or FAILED where nothing had been taken
 *
 * Step 2 is the point of no return: a saga never leaves CONFIRMING on a time-out, only on the reservation's answer.
 * `decide` is pure: it reads no clock and touches nothing. A pair of state and message without a rule does not compile. A
 * rule advances the saga, repeats a command, ignores what the saga knows already, or says that the message can't be right,
 * which makes it a dead letter. Money is never kept by mistake: where a message shows that money was taken for a payment
 * that has failed, the saga asks for a refund, which the other side makes once.
 */

/** Where a saga stands. APPROVED, FAILED and REFUNDED are settled. */
export type SagaState =
  'TAKING_MONEY' | 'AWAITING_ACTION' | 'CONFIRMING' | 'APPROVED' | 'REFUNDING' | 'FAILED' | 'REFUNDED'

/** What can happen to a saga: replies, a cancelled reservation, or the running step's deadline. */
export type SagaMessage =
  | { type: 'WalletDebited' }
  | { type: 'WalletDebitRefused'; reason: string }
  | { type: 'WalletRefunded'; refundedAmount: number }
  | { type: 'CardCaptured' }
  /** The card's owner has to take a further step, and their seats are held for it until then. */
  | { type: 'CardActionRequired'; until: Date }
  | { type: 'CardDeclined'; reason: string }
  | { type: 'CardRefunded'; refundedAmount: number }
  | { type: 'ReservationConfirmed' }
  | { type: 'ReservationConfirmRefused'; reason: string }
  | { type: 'ReservationCancelled'; reason: string }
  | { type: 'DeadlinePassed' }

/** What a saga asks of others: commands on Kafka, or work at the card provider. */
export type SagaCommand = 'DebitWallet' | 'RefundWallet' | 'CaptureCard' | 'RefundCard' | 'ConfirmReservation'

/** The part of a saga that decisions are made from. */
export interface PurchaseSaga {
  state: SagaState
  paymentMethod: 'BALANCE' | 'CARD'
  /** Money is known to have been taken. */
  moneyTaken: boolean
  /** How often the running step's command was sent, the first time included. */
  attempts: number
  reason: string | null
}

/** What to do about a message. */
export type Decision =
  | { kind: 'advance'; saga: PurchaseSaga; command: SagaCommand | null; deadlineAt: Date | null }
  | { kind: 'ignore' }
  | { kind: 'impossible' }

/** Limits of the saga, in ms and counts. */
export interface SagaLimits {
  /** The first wait for a reply. It is doubled at each resend, up to `replyWaitMaxMs`. */
  replyWaitMs: number
  replyWaitMaxMs: number
  /** Sends of step 1 before the saga gives up and refunds. Later steps are repeated without end. */
  takingMoneyAttemptsMax: number
}

type MessageOf<T extends SagaMessage['type']> = Extract<SagaMessage, { type: T }>
type Rule<T extends SagaMessage['type']> = (saga: PurchaseSaga, message: MessageOf<T>) => Move
type Rules = { readonly [T in SagaMessage['type']]: Rule<T> }

type Move =
  | { kind: 'go'; to: SagaState; moneyTaken?: boolean; reason?: string }
  | { kind: 'resend' }
  /** Waits for the card's owner. */
  | { kind: 'await'; until: Date }
  /** Gives money back without leaving the settled state. */
  | { kind: 'refund-again' }
  | { kind: 'ignore' }
  | { kind: 'impossible' }

const ignore = (): Move => ({ kind: 'ignore' })
const impossible = (): Move => ({ kind: 'impossible' })
const resend = (): Move => ({ kind: 'resend' })
const refundAgain = (): Move => ({ kind: 'refund-again' })
const go =
  (to: SagaState, change: { moneyTaken?: boolean } = {}) =>
  (_saga: PurchaseSaga, message: SagaMessage): Move => ({
    kind: 'go',
    to,
    ...change,
    ...('reason' in message ? { reason: message.reason } : {}),
  })

const refundAnswered = (saga: PurchaseSaga, message: { refundedAmount: number }): Move => {
  if (message.refundedAmount > 0) return { kind: 'go', to: 'REFUNDED', moneyTaken: true }
  // Nothing was given back although money had been taken, so the message is parked for a person.
  return saga.moneyTaken ? impossible() : { kind: 'go', to: 'FAILED' }
}

const awaitAction = (_saga: PurchaseSaga, { until }: { until: Date }): Move => ({ kind: 'await', until })

const rules: { readonly [S in SagaState]: Rules } = {
  TAKING_MONEY: {
    WalletDebited: go('CONFIRMING', { moneyTaken: true }),
    WalletDebitRefused: go('FAILED'),
    WalletRefunded: impossible,
    CardCaptured: go('CONFIRMING', { moneyTaken: true }),
    CardActionRequired: awaitAction,
    CardDeclined: go('FAILED'),
    CardRefunded: impossible,
    ReservationConfirmed: impossible,
    ReservationConfirmRefused: impossible,
    // Nobody can get the seats any more, so no money is taken for them that has not been.
    ReservationCancelled: go('REFUNDING'),
    DeadlinePassed: resend,
  },
  // Of a card only. The seats are no longer held when the deadline has passed, so nothing may be taken for them any more.
  AWAITING_ACTION: {
    WalletDebited: impossible,
    WalletDebitRefused: impossible,
    WalletRefunded: impossible,
    CardCaptured: go('CONFIRMING', { moneyTaken: true }),
    CardActionRequired: awaitAction,
    CardDeclined: go('FAILED'),
    CardRefunded: impossible,
    ReservationConfirmed: impossible,
    ReservationConfirmRefused: impossible,
    ReservationCancelled: go('REFUNDING'),
    DeadlinePassed: () => ({ kind: 'go', to: 'REFUNDING', reason: 'RESERVATION_EXPIRED' }),
  },
  CONFIRMING: {
    WalletDebited: ignore,
    WalletDebitRefused: impossible,
    WalletRefunded: impossible,
    CardCaptured: ignore,
    CardActionRequired: impossible,
    CardDeclined: impossible,
    CardRefunded: impossible,
    ReservationConfirmed: go('APPROVED'),
    ReservationConfirmRefused: go('REFUNDING'),
    // It was confirmed, and that answer is lost or parked, or its hold was cancelled and never can be confirmed.
    ReservationCancelled: go('REFUNDING'),
    DeadlinePassed: resend,
  },
  APPROVED: {
    WalletDebited: ignore,
    WalletDebitRefused: impossible,
    WalletRefunded: impossible,
    CardCaptured: ignore,
    CardActionRequired: impossible,
    CardDeclined: impossible,
    CardRefunded: impossible,
    ReservationConfirmed: ignore,
    ReservationConfirmRefused: impossible,
    ReservationCancelled: go('REFUNDING'),
    DeadlinePassed: ignore,
  },
  REFUNDING: {
    // Step 1 was given up before this late debit, and the refund that was asked for then gives it back.
    WalletDebited: ignore,
    WalletDebitRefused: ignore,
    WalletRefunded: refundAnswered,
    CardCaptured: ignore,
    CardActionRequired: ignore,
    // The provider had not decided when step 1 was given up. Now it is known that nothing was taken.
    CardDeclined: (saga, message) =>
      saga.moneyTaken ? impossible() : { kind: 'go', to: 'FAILED', reason: message.reason },
    CardRefunded: refundAnswered,
    ReservationConfirmed: ignore,
    ReservationConfirmRefused: ignore,
    ReservationCancelled: ignore,
    DeadlinePassed: resend,
  },
  FAILED: {
    WalletDebited: refundAgain,
    WalletDebitRefused: ignore,
    WalletRefunded: ignore,
    CardCaptured: refundAgain,
    CardActionRequired: impossible,
    CardDeclined: ignore,
    CardRefunded: ignore,
    ReservationConfirmed: impossible,
    ReservationConfirmRefused: impossible,
    // It failed in the moment in which its hold was cancelled.
    ReservationCancelled: ignore,
    DeadlinePassed: ignore,
  },
  REFUNDED: {
    // A payment is debited or captured at most once, so this reports again what has been given back.
    WalletDebited: ignore,
    WalletDebitRefused: ignore,
    WalletRefunded: ignore,
    CardCaptured: ignore,
    CardActionRequired: ignore,
    CardDeclined: ignore,
    CardRefunded: ignore,
    ReservationConfirmed: ignore,
    ReservationConfirmRefused: ignore,
    ReservationCancelled: ignore,
    DeadlinePassed: ignore,
  },
}

/** Returns the command that the saga's state waits for, or null where it is settled. */
export function commandOf(saga: Pick<PurchaseSaga, 'state' | 'paymentMethod'>): SagaCommand | null {
  const byCard = saga.paymentMethod === 'CARD'
  switch (saga.state) {
    case 'TAKING_MONEY':
      return byCard ? 'CaptureCard' : 'DebitWallet'
    case 'AWAITING_ACTION':
      return 'CaptureCard'
    case 'CONFIRMING':
      return 'ConfirmReservation'
    case 'REFUNDING':
      return byCard ? 'RefundCard' : 'RefundWallet'
    case 'APPROVED':
    case 'FAILED':
    case 'REFUNDED':
      return null
  }
}

/** Begins a saga: its first command, and the deadline for the reply. */
export function beginSaga(
  paymentMethod: PurchaseSaga['paymentMethod'],
  now: Date,
  limits: SagaLimits,
): Extract<Decision, { kind: 'advance' }> {
  const saga: PurchaseSaga = {
    state: 'TAKING_MONEY',
    paymentMethod,
    moneyTaken: false,
    attempts: 1,
    reason: null,
  }
  return advance(saga, now, limits)
}

/** Decides what a message does to a saga at `now`. The same saga, message, time and limits always get the same decision. */
export function decide(saga: PurchaseSaga, message: SagaMessage, now: Date, limits: SagaLimits): Decision {
  const move = ruleFor(saga, message)
  switch (move.kind) {
    case 'ignore':
    case 'impossible':
      return { kind: move.kind }
    case 'refund-again':
      return {
        kind: 'advance',
        saga,
        command: saga.paymentMethod === 'CARD' ? 'RefundCard' : 'RefundWallet',
        deadlineAt: null,
      }
    case 'resend':
      if (saga.state === 'TAKING_MONEY' && saga.attempts >= limits.takingMoneyAttemptsMax) {
        return advance({ ...saga, state: 'REFUNDING', attempts: 1, reason: 'TIMEOUT' }, now, limits)
      }
      return advance({ ...saga, attempts: saga.attempts + 1 }, now, limits)
    case 'await': {
      const awaiting = advance({ ...saga, state: 'AWAITING_ACTION', attempts: 1 }, now, limits)
      return { ...awaiting, deadlineAt: move.until }
    }
    case 'go':
      return advance(
        {
          ...saga,
          state: move.to,
          attempts: 1,
          moneyTaken: move.moneyTaken ?? saga.moneyTaken,
          reason: move.reason ?? saga.reason,
        },
        now,
        limits,
      )
  }
}

function isOfOtherMethod(saga: PurchaseSaga, message: SagaMessage): boolean {
  return saga.paymentMethod === 'CARD' ? message.type.startsWith('Wallet') : message.type.startsWith('Card')
}

function ruleFor(saga: PurchaseSaga, message: SagaMessage): Move {
  if (isOfOtherMethod(saga, message)) return impossible()
  const forState = rules[saga.state]
  switch (message.type) {
    case 'WalletDebited':
      return forState.WalletDebited(saga, message)
    case 'WalletDebitRefused':
      return forState.WalletDebitRefused(saga, message)
    case 'WalletRefunded':
      return forState.WalletRefunded(saga, message)
    case 'CardCaptured':
      return forState.CardCaptured(saga, message)
    case 'CardActionRequired':
      return forState.CardActionRequired(saga, message)
    case 'CardDeclined':
      return forState.CardDeclined(saga, message)
    case 'CardRefunded':
      return forState.CardRefunded(saga, message)
    case 'ReservationConfirmed':
      return forState.ReservationConfirmed(saga, message)
    case 'ReservationConfirmRefused':
      return forState.ReservationConfirmRefused(saga, message)
    case 'ReservationCancelled':
      return forState.ReservationCancelled(saga, message)
    case 'DeadlinePassed':
      return forState.DeadlinePassed(saga, message)
  }
}

function advance(saga: PurchaseSaga, now: Date, limits: SagaLimits): Extract<Decision, { kind: 'advance' }> {
  const command = commandOf(saga)
  const waitMs = Math.min(limits.replyWaitMaxMs, limits.replyWaitMs * 2 ** Math.min(saga.attempts - 1, 20))
  return {
    kind: 'advance',
    saga,
    command,
    deadlineAt: command === null ? null : new Date(now.getTime() + waitMs),
  }
}

/** Returns the payment's status for a saga's state. While a refund is under way the payment keeps the status `before`. */
export function paymentStatusOf(
  state: SagaState,
  before: 'PENDING' | 'APPROVED' | 'FAILED' | 'REFUNDED',
): 'PENDING' | 'APPROVED' | 'FAILED' | 'REFUNDED' {
  switch (state) {
    case 'TAKING_MONEY':
    case 'AWAITING_ACTION':
    case 'CONFIRMING':
      return 'PENDING'
    case 'REFUNDING':
      return before
    case 'APPROVED':
    case 'FAILED':
    case 'REFUNDED':
      return state
  }
}
