import { claimKey, storeAnswer } from '@frontrow/idempotency/idempotency-key'
import type { KeyedRequest } from '@frontrow/idempotency/idempotency-key'
import type { Tx } from '@frontrow/postgres/pool'

/** An answer under an Idempotency-Key. `replayed`: it was stored by an earlier request. */
export interface KeyedAnswer {
  data: unknown
  replayed: boolean
}

// The key, the effect and the answer commit together, so nobody sees a locked key without an answer, and no lock runs out.
const LOCKED_FOR_MS = 10_000

/**
 * Runs `effect` unless this request was answered before. A refusal rolls the caller's transaction back and with it the
 * claim, so that the same key may be tried again, e.g. after the wallet was charged.
 */
export async function answerOnce(
  tx: Tx,
  request: KeyedRequest,
  effect: () => Promise<{ data: object; resourceId: string }>,
): Promise<KeyedAnswer> {
  const claim = await claimKey(tx, request, LOCKED_FOR_MS)
  if (claim.kind === 'replay') return { data: claim.response, replayed: true }
  if (claim.kind === 'resume') throw new Error('a key has an effect but no answer')
  const { data, resourceId } = await effect()
  await storeAnswer(tx, request, { status: 200, response: data, resourceId })
  return { data, replayed: false }
}
