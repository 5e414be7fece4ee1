import type { Pool } from '@frontrow/postgres/pool'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { Batcher } from '@frontrow/service-host/batcher'
import { findPaymentsByKey } from './sql/payment-keys.ts'
import type { PaymentKey } from './sql/payment-keys.ts'
import type { Payment } from './sql/payments.ts'

/** Looks up what earlier requests with a key began. Refuses IDEMPOTENCY_KEY_REUSED. */
export type PaymentKeys = Batcher<'all', PaymentKey, Payment | undefined>

const BATCH_MAX = 200
const PENDING_MAX = 5_000

/** Requests that look at once share a statement. It is asked only where a payment can't begin, which may be a crowd's case. */
export function createPaymentKeys(pool: Pool): PaymentKeys {
  return new Batcher<'all', PaymentKey, Payment | undefined>({
    batchMax: BATCH_MAX,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: (_all, keys) => findRepeated(pool, keys),
  })
}

/** Finds the payment that each request repeats: undefined where it repeats none, a refusal where its key was used otherwise. */
export async function findRepeated(
  pool: Pool,
  keys: readonly PaymentKey[],
): Promise<(Payment | Refusal | undefined)[]> {
  if (keys.length === 0) return []
  const found = await findPaymentsByKey(pool, keys)
  return keys.map(({ requestHash }, index) => {
    const payment = found[index]
    if (payment === undefined || payment.requestHash.equals(requestHash)) return payment
    return generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
  })
}
