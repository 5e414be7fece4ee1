import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { Charge } from '../sql/charges.ts'

/** Returns the refusal that tells a user why their charge FAILED. It is the same each time, whatever has become of the money since. */
export function refusalOf({ chargeId, reason, message }: Charge): Refusal {
  const details = { transactionId: chargeId, reason }
  return reason === 'CARD_DECLINED'
    ? refuse('CARD_DECLINED', message ?? 'the card was declined', { details })
    : refuse('PAYMENT_FAILED', message ?? 'the charge did not succeed', { details })
}
