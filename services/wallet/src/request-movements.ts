import { AnsweredKeys } from '@frontrow/idempotency/answered-keys'
import { fromStoredRefusal, storedRefusal, toStoredRefusal } from '@frontrow/idempotency/stored-refusal'
import type { KeyedRequest } from '@frontrow/idempotency/idempotency-key'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction, together } from '@frontrow/postgres/transaction'
import { isRefusal, refusalKind, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { Batcher } from '@frontrow/service-host/batcher'
import { z } from 'zod'
import type { WalletContext } from './context.ts'
import type { Journal, RecordedMovement } from './journal.ts'
import { CollisionError, openJournal, postMovements, startAgain } from './post-movements.ts'

/** A request of a person, or of an admin for them, that names its wallet and its Idempotency-Key. */
export interface WalletRequest {
  userId: string
  amount: number
  /** The owner of the key, who may be an admin. */
  callerId: string
  idempotencyKey: string
}

/** A request to move money outside of a payment and of a charge. */
export interface MovementRequest extends WalletRequest {
  /** Names the route of its key. */
  operation: string
  kind: 'DEBIT'
  /** What it will have been, if it is not a repeat. */
  transactionId: string
  /** Why a wallet of this balance may not have the movement. Pure. */
  refusalAt: (balance: number) => Refusal | null
  /** What the client is told. Pure. */
  toData: (movement: RecordedMovement) => object
}

/** An answer under an Idempotency-Key. `replayed`: it was stored by an earlier request. */
export type KeyedAnswer = { data: unknown; replayed: boolean } | { refusal: Refusal; replayed: boolean }

/** Requests of all wallets; each is answered after the commit, or with its own refusal. */
export type MovementBatches = Batcher<'all', MovementRequest, KeyedAnswer>

type BatchContext = Pick<WalletContext, 'pool' | 'events'>

const BATCH_MAX = 200
// One is decided while another waits for its commit; more would only make the batches smaller.
const AT_ONCE_MAX = 2
const PENDING_MAX = 2_000

/**
 * Requests that come in one turn of the event loop, or while two transactions are in work, share the next one. A refusal is one
 * request's own: it moves nothing, and the others go on. That of points is stored under the key, as the answer to it.
 */
export function createMovementBatches(ctx: BatchContext): MovementBatches {
  return new Batcher<'all', MovementRequest, KeyedAnswer>({
    batchMax: BATCH_MAX,
    atOnceMax: AT_ONCE_MAX,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: async (_all, requests) => {
      try {
        return await inTransaction(ctx.pool, (tx) => moveAll(ctx, tx, requests))
      } catch (error) {
        if (!(error instanceof CollisionError)) throw error
        throw refuse('UNAVAILABLE', 'the wallet is changing too quickly', { retryAfterSeconds: 1 })
      }
    },
  })
}

/** Moves money once per key, and logs it. Rejects with a refusal that leaves the key free, or as IDEMPOTENCY_KEY_REUSED. */
export async function requestMovement(
  { movements, events }: Pick<WalletContext, 'movements' | 'events'>,
  request: MovementRequest,
): Promise<KeyedAnswer> {
  const { userId, kind, amount, transactionId } = request
  const answer = await movements.add('all', request)
  if (!answer.replayed) {
    if ('refusal' in answer) events.refused({ userId, reason: answer.refusal.code, amount })
    else events.moved({ userId, kind, amount, transactionId })
  }
  return answer
}

async function moveAll(
  ctx: BatchContext,
  tx: Tx,
  requests: readonly MovementRequest[],
): Promise<(KeyedAnswer | Refusal)[]> {
  // Keys are read after the wallets are locked. Who waited for another request of its key then finds that one's answer.
  const [journal, keys] = await together([
    openJournal(
      tx,
      requests.map(({ userId }) => userId),
    ),
    AnsweredKeys.load(tx, requests.map(toKeyed)),
  ])
  const answers = requests.map((request) => move(journal, keys, request))
  await together([saveKeys(ctx, tx, keys), postMovements(ctx, tx, journal)])
  return answers
}

function move(journal: Journal, keys: AnsweredKeys, request: MovementRequest): KeyedAnswer | Refusal {
  const { userId, kind, amount, transactionId } = request
  try {
    const { response, replayed } = keys.answerOnce(toKeyed(request), () => {
      const refusal = request.refusalAt(journal.balanceOf(userId))
      if (refusal !== null) return toRefusedAnswer(refusal)
      const movement = journal.record(userId, { kind, amount, transactionId, paymentId: null })
      return { status: 200, response: request.toData(movement), resourceId: transactionId }
    })
    const refused = refusedAnswer.safeParse(response)
    return refused.success
      ? { refusal: fromStoredRefusal(refused.data.refused, refusalKind), replayed }
      : { data: response, replayed }
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  }
}

/** How a refusal is told from what a movement answers. */
const refusedAnswer = z.object({ refused: storedRefusal })

function toRefusedAnswer(refusal: Refusal) {
  const response: z.input<typeof refusedAnswer> = { refused: toStoredRefusal(refusal) }
  return { status: refusal.http, response, resourceId: null }
}

function toKeyed({ callerId, operation, idempotencyKey, userId, amount }: MovementRequest): KeyedRequest {
  return { userId: callerId, operation, key: idempotencyKey, content: { userId, amount } }
}

async function saveKeys({ events }: BatchContext, tx: Tx, keys: AnsweredKeys): Promise<void> {
  if (await keys.save(tx)) return
  startAgain(events, 'another transaction was quicker with one of the idempotency keys')
}
