import { claimKey, storeAnswer } from '@frontrow/idempotency/idempotency-key'
import type { KeyedRequest } from '@frontrow/idempotency/idempotency-key'
import type { Tx } from '@frontrow/postgres/pool'

/** An answer under an Idempotency-Key: made now, or the stored one. */
export interface KeyedAnswer {
  data: unknown
  replayed: boolean
}

// Key, effect and answer commit together, so nobody can see a locked key that has no answer yet: this never runs out.
const LOCKED_FOR_MS = 10_000

/**
 * Runs `effect` unless this request was answered before. All of it is one transaction: a refusal undoes the claim, so
 * that the same key may be tried again, e.g. after the wallet was charged.
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
