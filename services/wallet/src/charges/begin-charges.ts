import { inTransaction, together } from '@frontrow/postgres/transaction'
import type { Tx } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { Batcher } from '@frontrow/service-host/batcher'
import type { TraceContext } from '@frontrow/trace-context/trace-context'
import type { WalletContext } from '../context.ts'
import { CollisionError, startAgain } from '../post-movements.ts'
import { findByKeys, insertCharges, lockChargesOf, readStandings } from '../sql/charges.ts'
import type { Charge, ChargeKey, NewCharge, Standing } from '../sql/charges.ts'
import type { ChargeWorker } from './work-charges.ts'

/** A request to charge a wallet, whose amount and card have been checked. */
export interface ChargeToBegin extends Omit<NewCharge, 'isLeased'> {
  /** Of its request; its capture goes on with it. */
  trace: TraceContext | undefined
}

/** The charge of a request, which an earlier request of the same key may have begun. */
export interface Beginning {
  charge: Charge
  isRepeat: boolean
}

/** Charges of all wallets that begin; each is answered after the commit, or with its own refusal. */
export type ChargeBeginnings = Batcher<'all', ChargeToBegin, Beginning>

type BeginContext = Pick<WalletContext, 'pool' | 'events'> & {
  worker: Pick<ChargeWorker, 'reserve' | 'start' | 'refusal'>
  config: Pick<WalletContext['config'], 'BALANCE_MAX'>
  leaseMs: number
}

const BATCH_MAX = 200
// While some begin, others settle; more transactions at once would only share less.
const AT_ONCE_MAX = 1
const PENDING_MAX = 2_000

/**
 * Charges that come in one turn of the event loop, or while others are stored, are stored together, each once for its
 * key. Refuses IDEMPOTENCY_KEY_REUSED, BALANCE_LIMIT_EXCEEDED, and UNAVAILABLE where more charges are at work than can be waited for;
 * a refusal leaves the key free.
 */
export function createChargeBeginnings(ctx: BeginContext): ChargeBeginnings {
  return new Batcher<'all', ChargeToBegin, Beginning>({
    batchMax: BATCH_MAX,
    atOnceMax: AT_ONCE_MAX,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: (_all, requests) => beginTogether(ctx, requests),
  })
}

async function beginTogether(
  ctx: BeginContext,
  requests: readonly ChargeToBegin[],
): Promise<(Beginning | Refusal)[]> {
  // Before the transaction, because a charge that is stored with a lease has to be captured by this process at once.
  const slots = ctx.worker.reserve(requests.length)
  let begun: readonly ChargeToBegin[] = []
  try {
    const result = await inTransaction(ctx.pool, (tx) => beginAll(ctx, tx, requests, slots))
    begun = result.begun
    return result.answers
  } catch (error) {
    if (!(error instanceof CollisionError)) throw error
    throw refuse('UNAVAILABLE', 'the keys of charges are taken too quickly', { retryAfterSeconds: 1 })
  } finally {
    ctx.worker.start(begun, slots)
  }
}

async function beginAll(
  ctx: BeginContext,
  tx: Tx,
  requests: readonly ChargeToBegin[],
  slots: number,
): Promise<{ answers: (Beginning | Refusal)[]; begun: ChargeToBegin[] }> {
  const userIds = [...new Set(requests.map(({ userId }) => userId))]
  const [, standings, stored] = await together([
    lockChargesOf(tx, userIds),
    readStandings(tx, userIds),
    findByKeys(
      tx,
      requests.map(({ key }) => key),
    ),
  ])
  const known = new Map(stored.map(({ key, ...charge }) => [nameOf(key), { key, charge }]))
  const begun: ChargeToBegin[] = []
  const decided = requests.map((request) => {
    const { userId, amount, key } = request
    const first = known.get(nameOf(key))
    if (first !== undefined) return repeatOf(first, key)
    const standing = standings.get(userId) ?? { balance: 0, charging: 0 }
    const refusal = overLimit(ctx.config, standing, amount) ?? ctx.worker.refusal()
    if (refusal !== null) return refusal
    standings.set(userId, { ...standing, charging: standing.charging + amount })
    begun.push(request)
    const beginning = { charge: asBegun(request), isRepeat: false }
    known.set(nameOf(key), { key, charge: beginning.charge })
    return beginning
  })
  const createdAt = await insertCharges(
    tx,
    begun.map((charge, place) => ({ ...charge, isLeased: place < slots })),
    ctx.leaseMs,
  )
  if (createdAt.size < begun.length) startAgain(ctx.events, 'another transaction was quicker with a key')
  const answers = decided.map((one) =>
    'charge' in one
      ? {
          ...one,
          charge: { ...one.charge, createdAt: createdAt.get(one.charge.chargeId) ?? one.charge.createdAt },
        }
      : one,
  )
  return { answers, begun }
}

function repeatOf(first: { key: ChargeKey; charge: Charge }, key: ChargeKey): Beginning | Refusal {
  if (first.key.requestHash.equals(key.requestHash)) return { charge: first.charge, isRepeat: true }
  return refuse('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
}

/** What is being charged counts, because it may be in the wallet at any moment. */
function overLimit(
  { BALANCE_MAX }: BeginContext['config'],
  { balance, charging }: Standing,
  amount: number,
): Refusal | null {
  if (balance + charging + amount <= BALANCE_MAX) return null
  return refuse('BALANCE_LIMIT_EXCEEDED', `the balance may be at most ${BALANCE_MAX}`, {
    details: { currentBalance: balance, charging, balanceMax: BALANCE_MAX },
  })
}

function asBegun({ chargeId, userId, amount }: ChargeToBegin): Charge {
  return {
    chargeId,
    userId,
    amount,
    status: 'CHARGING',
    captureStatus: 'PENDING',
    reason: null,
    message: null,
    balanceAfter: null,
    providerReference: null,
    createdAt: new Date(),
    finishedAt: null,
  }
}

// No user and no key has a control character in it.
function nameOf({ callerId, idempotencyKey }: ChargeKey): string {
  return `${callerId}\n${idempotencyKey}`
}
