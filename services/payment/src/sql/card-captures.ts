import type { NextAction } from '@frontrow/card-provider/card-provider'
import type { Queryable, Tx } from '@frontrow/postgres/pool'

/**
 * PENDING: the outcome is not known. ACTION_REQUIRED: the card's owner has to take a further step. VOIDED: the money was wanted back,
 * and none had been taken.
 */
export type CaptureStatus = 'PENDING' | 'ACTION_REQUIRED' | 'CAPTURED' | 'DECLINED' | 'REFUNDED' | 'VOIDED'

/**
 * What an open order waits for: its first call or a repeat of it, to be asked whether the card's owner has taken their step, or, where
 * the money is wanted back and it is not known whether it was taken, to find that out and end the capture.
 */
export type CardLane = 'capture' | 'capture again' | 'question' | 'void' | 'refund' | 'refund again'

/** Work at the card provider for one payment, leased to the caller. */
export interface CardOrder {
  paymentId: string
  /** As it was before the lease. */
  lane: CardLane
  /** Names the lease: when it runs out. */
  lease: string
  amount: number
  cardToken: string | null
  wanted: 'CAPTURED' | 'REFUNDED'
  status: CaptureStatus
  providerReference: string | null
  waitsUntil: Date | null
  /** A call to capture it may have reached the provider before this lease. Where none has, nothing can have been taken. */
  wasAsked: boolean
  /** This call included. */
  attempts: number
}

/** Asks for the money of these payments to be given back. The worker first finds out whether it was taken. */
export async function orderRefunds(tx: Tx, paymentIds: readonly string[]): Promise<void> {
  // A call that is at work ends first, or its lease does.
  await tx.query({
    name: 'captures-order-refunds',
    text: `UPDATE card_captures SET wanted = 'REFUNDED', attempts = 0, due_at = now(), updated_at = now()
           WHERE payment_id = ANY ($1::uuid[]) AND wanted = 'CAPTURED'`,
    values: [paymentIds],
  })
}

/**
 * Leases orders whose time has come, the longest due first: in each lane as many as it has `places`. The lease of a worker that dies
 * runs out, and the next worker's call to the provider carries the same idempotency key. A lease grows with the attempts, up to 64 s.
 */
export async function leaseOrders(
  db: Queryable,
  leaseMs: number,
  places: ReadonlyMap<CardLane, number>,
): Promise<CardOrder[]> {
  const { rows } = await db.query<CardOrder>({
    name: 'captures-lease',
    // By an array of ids, because a plan that joins could come to read the whole table.
    text: `WITH due AS (
             SELECT payment_id, lane.name AS lane, was_asked FROM unnest($2::text[], $3::int[]) AS lane (name, places)
             CROSS JOIN LATERAL (
               SELECT payment_id, was_asked FROM card_captures
               WHERE card_captures.lane = lane.name AND due_at <= now() AND (leased_until IS NULL OR leased_until <= now())
               ORDER BY due_at LIMIT lane.places FOR UPDATE SKIP LOCKED) AS first)
           UPDATE card_captures c SET attempts = attempts + 1, was_asked = was_asked OR wanted = 'CAPTURED',
             leased_until = now() + make_interval(secs => greatest($1::float8 / 1000, power(2, least(attempts + 1, 10) - 4))),
             due_at = now() + make_interval(secs => greatest($1::float8 / 1000, power(2, least(attempts + 1, 10) - 4)))
           WHERE c.payment_id = ANY (ARRAY (SELECT payment_id FROM due))
           RETURNING c.payment_id AS "paymentId", (SELECT due.lane FROM due WHERE due.payment_id = c.payment_id) AS lane,
             c.leased_until::text AS lease, amount, card_token AS "cardToken", wanted,
             (SELECT due.was_asked FROM due WHERE due.payment_id = c.payment_id) AS "wasAsked",
             status, provider_reference AS "providerReference", waits_until AS "waitsUntil", attempts`,
    values: [leaseMs, [...places.keys()], [...places.values()]],
  })
  return rows
}

/**
 * Ends a lease without an outcome: the next call may begin in `inMs`, or at once where the order was woken meanwhile; with null it is
 * left to a person, and no call begins until the provider's event names the capture. `error` is what went wrong;
 * where it is null the provider answered, so that the pauses after failures begin anew. Does nothing where the lease has run out and another worker has the order.
 */
export async function postponeOrder(
  db: Queryable,
  order: Pick<CardOrder, 'paymentId' | 'lease' | 'wasAsked'>,
  inMs: number | null,
  error: string | null,
): Promise<void> {
  await db.query({
    name: 'captures-postpone',
    text: `UPDATE card_captures SET last_error = $3, leased_until = NULL, updated_at = now(), was_asked = $5,
             attempts = CASE WHEN $3::text IS NULL THEN 0 ELSE attempts END,
             due_at = CASE WHEN due_at < leased_until THEN due_at ELSE now() + make_interval(secs => $4::float8 / 1000) END
           WHERE payment_id = $1 AND leased_until = $2::timestamptz`,
    values: [order.paymentId, order.lease, error?.slice(0, 500) ?? null, inMs, order.wasAsked],
  })
}

/** Stores an outcome. Returns false where another worker was first; the saga is then not to be told again. */
export async function storeOutcome(
  tx: Tx,
  paymentId: string,
  outcome: {
    from: readonly CaptureStatus[]
    to: Exclude<CaptureStatus, 'PENDING' | 'ACTION_REQUIRED'>
    providerReference: string | null
  },
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'captures-store-outcome',
    text: `UPDATE card_captures SET status = $3, provider_reference = coalesce($4, provider_reference), last_error = NULL,
             leased_until = NULL, attempts = 0, updated_at = now(), next_action = NULL, waits_until = NULL,
             due_at = CASE WHEN $3 = 'CAPTURED' AND wanted = 'REFUNDED' THEN now() END,
             card_token = CASE WHEN $3 IN ('DECLINED', 'REFUNDED', 'VOIDED') THEN NULL ELSE card_token END
           WHERE payment_id = $1 AND status = ANY($2)`,
    values: [paymentId, outcome.from, outcome.to, outcome.providerReference],
  })
  return rowCount === 1
}

/** Stores what the card's owner has to do. Returns false where the capture has an outcome by now. */
export async function storeAction(
  tx: Tx,
  paymentId: string,
  action: { reference: string; nextAction: NextAction; until: Date; askInMs: number },
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'captures-store-action',
    text: `UPDATE card_captures SET status = 'ACTION_REQUIRED', provider_reference = $2, next_action = $3, waits_until = $4,
             last_error = NULL, leased_until = NULL, attempts = 0, updated_at = now(),
             due_at = CASE WHEN due_at < leased_until THEN due_at WHEN wanted = 'REFUNDED' THEN now()
                           ELSE now() + make_interval(secs => $5::float8 / 1000) END
           WHERE payment_id = $1 AND status IN ('PENDING', 'ACTION_REQUIRED')`,
    values: [paymentId, action.reference, JSON.stringify(action.nextAction), action.until, action.askInMs],
  })
  return rowCount === 1
}

/** Counts captures whose first call waits for a place, up to `limit`. */
export async function countWaitingCaptures(db: Queryable, limit: number): Promise<number> {
  const { rows } = await db.query<{ waiting: number }>({
    name: 'captures-count-waiting',
    text: `SELECT count(*) AS waiting FROM (
             SELECT FROM card_captures WHERE lane = 'capture' AND due_at <= now() LIMIT $1) AS waiting`,
    values: [limit],
  })
  return rows[0]?.waiting ?? 0
}

/** How far an open capture is. */
export interface OpenCapture {
  nextAction: NextAction | null
  waitsUntil: Date | null
  /** Until its next call begins, where it has a place; 0 while a call is at work. */
  dueInMs: number
  attempts: number
}

/** Reads how far the capture of a payment is; undefined where it has an outcome, or there is none. */
export async function findOpenCapture(db: Queryable, paymentId: string): Promise<OpenCapture | undefined> {
  const { rows } = await db.query<OpenCapture>({
    name: 'captures-find-open',
    text: `SELECT next_action AS "nextAction", waits_until AS "waitsUntil", attempts,
             CASE WHEN leased_until > now() THEN 0
                  ELSE (extract(epoch FROM greatest(due_at, now()) - now()) * 1000)::float8 END AS "dueInMs"
           FROM card_captures
           WHERE payment_id = $1 AND wanted = 'CAPTURED' AND status IN ('PENDING', 'ACTION_REQUIRED')`,
    values: [paymentId],
  })
  return rows[0]
}
