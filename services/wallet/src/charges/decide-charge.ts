/** CHARGING: the provider's answer is not known. CHARGED: it has taken the money, which is in the wallet. */
export type ChargeStatus = 'CHARGING' | 'CHARGED' | 'FAILED'

/** What is known of the capture. PENDING: nothing. VOIDED: the money was wanted back, and none had been taken. */
export type CaptureStatus = 'PENDING' | 'CAPTURED' | 'DECLINED' | 'REFUNDED' | 'VOIDED'

/** Why a charge FAILED. */
export type ChargeFailure = 'CARD_DECLINED' | 'TIMEOUT'

/** How far a charge is; null: it was made before charges went through a card provider. */
export interface ChargeState {
  status: ChargeStatus
  captureStatus: CaptureStatus | null
}

/** What became known of a charge. */
export type ChargeNews =
  | { kind: 'captured'; reference: string }
  | { kind: 'declined'; reason: string }
  /** The provider did not say for too long. Where it was asked, it may have taken the money all the same. */
  | { kind: 'givenUp'; wasAsked: boolean }
  | { kind: 'refunded' }

/** What news change of a charge. */
export interface ChargeChange {
  status: ChargeStatus
  captureStatus: CaptureStatus
  /** The money goes into the wallet. */
  isBooked: boolean
  failure: { reason: ChargeFailure; message: string } | null
  /** What there is to do at the provider: nothing, something new, or what somebody has in hand already. */
  work: 'none' | 'new' | 'same'
}

const GIVEN_UP = 'the card provider did not answer for too long; if it took the money, it is given back'
const NEVER_ASKED = 'the card provider could not be reached for too long; nothing was taken'

/**
 * Decides what `news` change of a charge; null: nothing, because they are old. Every change of a charge is one of these:
 *
 *     CHARGING/PENDING  captured -> CHARGED/CAPTURED  declined -> FAILED/DECLINED  given up -> FAILED/PENDING,
 *                                                                                 or FAILED/VOIDED where it was never asked
 *     FAILED/PENDING    captured -> FAILED/CAPTURED   declined -> FAILED/VOIDED
 *     FAILED/CAPTURED   refunded -> FAILED/REFUNDED
 *
 * A capture that is heard of after the charge has FAILED, for whatever reason, is given back. Pure.
 */
export function decideCharge({ status, captureStatus }: ChargeState, news: ChargeNews): ChargeChange | null {
  if (status === 'CHARGING') return decideOpen(news)
  if (status === 'CHARGED' || captureStatus === 'REFUNDED') return null
  const failed = { status, isBooked: false, failure: null } as const
  switch (news.kind) {
    case 'captured':
      if (captureStatus === 'CAPTURED') return null
      return { ...failed, captureStatus: 'CAPTURED', work: captureStatus === 'PENDING' ? 'same' : 'new' }
    case 'declined':
      return captureStatus === 'PENDING' ? { ...failed, captureStatus: 'VOIDED', work: 'none' } : null
    case 'refunded':
      return captureStatus === 'CAPTURED' ? { ...failed, captureStatus: 'REFUNDED', work: 'none' } : null
    case 'givenUp':
      return null
  }
}

function decideOpen(news: ChargeNews): ChargeChange | null {
  switch (news.kind) {
    case 'captured':
      return { status: 'CHARGED', captureStatus: 'CAPTURED', isBooked: true, failure: null, work: 'none' }
    case 'declined':
      return {
        status: 'FAILED',
        captureStatus: 'DECLINED',
        isBooked: false,
        failure: { reason: 'CARD_DECLINED', message: news.reason },
        work: 'none',
      }
    case 'givenUp':
      return {
        status: 'FAILED',
        captureStatus: news.wasAsked ? 'PENDING' : 'VOIDED',
        isBooked: false,
        failure: { reason: 'TIMEOUT', message: news.wasAsked ? GIVEN_UP : NEVER_ASKED },
        work: news.wasAsked ? 'new' : 'none',
      }
    case 'refunded':
      return null
  }
}
