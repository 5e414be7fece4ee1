import type { Pool } from '@frontrow/postgres/pool'
import { fromStoredRefusal, toStoredRefusal } from '@frontrow/idempotency/stored-refusal'
import { refusalKind, refuse } from '@frontrow/proto/refusals'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { Batcher } from '@frontrow/service-host/batcher'
import { findRequestsByKey, insertRefusedRequests } from './sql/payment-keys.ts'
import type { KeyedRequest, PaymentKey } from './sql/payment-keys.ts'
import type { Payment } from './sql/payments.ts'

/** A request that can't be paid for now, and why. */
export interface RefusedRequest {
  key: PaymentKey
  refusal: Refusal
}

/** What a request is answered under its key: by the payment that the key began, or by a refusal. `isRepeat`: an earlier one was answered so. */
export type KeyAnswer = { payment: Payment } | { refusal: Refusal; isRepeat: boolean }

/** Finds what earlier requests with a key came to; else refuses, and remembers it. Rejects with IDEMPOTENCY_KEY_REUSED. */
export type PaymentKeys = Batcher<'all', RefusedRequest, KeyAnswer>

const BATCH_MAX = 200
const PENDING_MAX = 5_000

/** Requests that look at once share a statement. It is asked only where a payment can't begin, which may be a crowd's case. */
export function createPaymentKeys(pool: Pool): PaymentKeys {
  return new Batcher<'all', RefusedRequest, KeyAnswer>({
    batchMax: BATCH_MAX,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: (_all, requests) => answerAll(pool, requests),
  })
}

async function answerAll(pool: Pool, requests: readonly RefusedRequest[]): Promise<(KeyAnswer | Refusal)[]> {
  const keys = requests.map(({ key }) => key)
  const found = await findAnswers(pool, keys)
  const isFresh = requests.map(({ refusal }, index) => found[index] === undefined && isRemembered(refusal))
  const fresh = requests.filter((_request, index) => isFresh[index])
  const stored =
    fresh.length === 0
      ? []
      : await insertRefusedRequests(
          pool,
          fresh.map(({ key, refusal }) => ({ key, refusal: toStoredRefusal(refusal) })),
        )
  const isStored = new Map(fresh.map((request, index) => [request, stored[index] === true]))
  // Somebody else was quicker with the keys of these.
  const late = fresh.filter((request) => isStored.get(request) !== true)
  const foundLate = await findAnswers(
    pool,
    late.map(({ key }) => key),
  )
  const lateAnswers = new Map(late.map((request, index) => [request, foundLate[index]]))
  return requests.map((request, index) => {
    const { refusal } = request
    return found[index] ?? lateAnswers.get(request) ?? { refusal, isRepeat: false }
  })
}

/** What was decided by what a request met is remembered. What says that nobody could decide it now (503, 504) leaves the key free. */
function isRemembered(refusal: Refusal): boolean {
  return refusal.http < 500 && refusal.retryAfterSeconds === undefined
}

/** Finds the answer to each key: undefined where it is free, IDEMPOTENCY_KEY_REUSED where it was used otherwise. */
async function findAnswers(
  pool: Pool,
  keys: readonly PaymentKey[],
): Promise<(KeyAnswer | Refusal | undefined)[]> {
  if (keys.length === 0) return []
  const found = await findRequestsByKey(pool, keys)
  return keys.map(({ requestHash }, index) => {
    const request = found[index]
    return request === undefined ? undefined : answerOf(request, requestHash)
  })
}

/** What a request with this hash is answered, whose key is that of an earlier one. */
export function answerOf(request: KeyedRequest, requestHash: Buffer): KeyAnswer | Refusal {
  if (!request.requestHash.equals(requestHash)) {
    return generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
  }
  if (request.payment !== null) return { payment: request.payment }
  const refusal = request.refusal === null ? alreadyPaid() : fromStoredRefusal(request.refusal, refusalKind)
  return { refusal, isRepeat: true }
}

/** The refusal of a payment whose reservation had another live one when it was to begin. */
function alreadyPaid(): Refusal {
  return refuse(
    'ALREADY_PAID',
    'another payment of this reservation was at work or had paid for it; where GET /reservations/{id} says that it is still held, pay with another Idempotency-Key',
  )
}
