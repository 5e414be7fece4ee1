import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { ChargeState } from '../charges/decide-charge.ts'

/** One attempt to put money into a wallet, as its user sees it. */
export interface Charge extends ChargeState {
  chargeId: string
  userId: string
  amount: number
  /** Why it FAILED: a code, and what the user is told. */
  reason: string | null
  message: string | null
  /** Of the wallet right after the charge; null unless it is CHARGED. */
  balanceAfter: number | null
  /** What the provider knows the capture by. */
  providerReference: string | null
  createdAt: Date
  finishedAt: Date | null
}

/** The key of the request that made a charge, and a hash of that request. */
export interface ChargeKey {
  callerId: string
  idempotencyKey: string
  requestHash: Buffer
}

/** A charge to store as CHARGING. `isLeased`: its capture begins right after the commit, and nobody else is to take it up. */
export interface NewCharge {
  chargeId: string
  userId: string
  amount: number
  key: ChargeKey
  cardToken: string
  isLeased: boolean
}

/** What limits a further charge of a user: the balance, and what is being charged. */
export interface Standing {
  balance: number
  charging: number
}

const COLUMNS = `charge_id AS "chargeId", user_id AS "userId", amount, status, capture_status AS "captureStatus", reason, message,
  balance_after AS "balanceAfter", provider_reference AS "providerReference", created_at AS "createdAt", finished_at AS "finishedAt"`

/** Makes charges of these users begin one after the other until the end of the transaction, so that each sees the ones before it. */
export async function lockChargesOf(tx: Tx, userIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'charges-lock-users',
    // In the order of the locks' keys, so that no two transactions wait for each other.
    text: `SELECT pg_advisory_xact_lock(users.key) FROM (
             SELECT DISTINCT hashtextextended('charges of ' || user_id, 0) AS key
             FROM unnest($1::text[]) AS u (user_id) ORDER BY key
           ) AS users`,
    values: [userIds],
  })
}

/** Reads what limits further charges of these users. It is right until the end of a transaction that holds `lockChargesOf`. */
export async function readStandings(tx: Tx, userIds: readonly string[]): Promise<Map<string, Standing>> {
  const { rows } = await tx.query<Standing & { userId: string }>({
    name: 'charges-read-standings',
    text: `SELECT u.user_id AS "userId", coalesce(w.balance, 0) AS balance, coalesce(c.charging, 0) AS charging
           FROM unnest($1::text[]) AS u (user_id)
           LEFT JOIN LATERAL (SELECT balance FROM wallets WHERE user_id = u.user_id OFFSET 0) AS w ON true
           LEFT JOIN LATERAL (
             SELECT sum(amount)::bigint AS charging FROM charges
             WHERE user_id = u.user_id AND next_attempt_at IS NOT NULL AND status = 'CHARGING'
           ) AS c ON true`,
    values: [userIds],
  })
  return new Map(rows.map(({ userId, ...standing }) => [userId, standing]))
}

/** Finds the charges that were made under these keys. */
export async function findByKeys(
  db: Queryable,
  keys: readonly ChargeKey[],
): Promise<(Charge & { key: ChargeKey })[]> {
  const { rows } = await db.query<Charge & ChargeKey>({
    name: 'charges-find-by-keys',
    text: `SELECT c.* FROM unnest($1::text[], $2::text[]) AS k (caller_id, idempotency_key)
           JOIN LATERAL (
             SELECT ${COLUMNS}, caller_id AS "callerId", idempotency_key AS "idempotencyKey", request_hash AS "requestHash"
             FROM charges WHERE caller_id = k.caller_id AND idempotency_key = k.idempotency_key OFFSET 0
           ) AS c ON true`,
    values: [keys.map(({ callerId }) => callerId), keys.map(({ idempotencyKey }) => idempotencyKey)],
  })
  return rows.map(({ callerId, idempotencyKey, requestHash, ...charge }) => ({
    ...charge,
    key: { callerId, idempotencyKey, requestHash },
  }))
}

/** Stores charges as CHARGING, but for those whose key is in use by now. Returns when each was created. */
export async function insertCharges(
  tx: Tx,
  charges: readonly NewCharge[],
  leaseMs: number,
): Promise<Map<string, Date>> {
  if (charges.length === 0) return new Map()
  const { rows } = await tx.query<{ chargeId: string; createdAt: Date }>({
    name: 'charges-insert',
    text: `INSERT INTO charges (charge_id, user_id, amount, status, capture_status, caller_id, idempotency_key, request_hash,
             card_token, attempts, next_attempt_at, asked_at)
           SELECT charge_id, user_id, amount, 'CHARGING', 'PENDING', caller_id, idempotency_key, request_hash, card_token,
             is_leased::int, clock_timestamp() + CASE WHEN is_leased THEN make_interval(secs => $9::float8 / 1000) ELSE interval '0' END,
             CASE WHEN is_leased THEN clock_timestamp() END
           FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::boolean[])
             AS c (charge_id, user_id, amount, caller_id, idempotency_key, request_hash, card_token, is_leased)
           ORDER BY caller_id, idempotency_key
           ON CONFLICT (caller_id, idempotency_key) DO NOTHING
           RETURNING charge_id AS "chargeId", created_at AS "createdAt"`,
    values: [
      charges.map(({ chargeId }) => chargeId),
      charges.map(({ userId }) => userId),
      charges.map(({ amount }) => amount),
      charges.map(({ key }) => key.callerId),
      charges.map(({ key }) => key.idempotencyKey),
      charges.map(({ key }) => key.requestHash),
      charges.map(({ cardToken }) => cardToken),
      charges.map(({ isLeased }) => isLeased),
      leaseMs,
    ],
  })
  return new Map(rows.map(({ chargeId, createdAt }) => [chargeId, createdAt]))
}

/** Reads and locks charges, in the order of their ids. Each is looked up by its id, whatever the table was when the plan was made. */
export async function lockCharges(tx: Tx, chargeIds: readonly string[]): Promise<Map<string, Charge>> {
  const { rows } = await tx.query<Charge>({
    name: 'charges-lock',
    text: `SELECT c.* FROM unnest($1::uuid[]) AS wanted (id)
           CROSS JOIN LATERAL (SELECT ${COLUMNS} FROM charges WHERE charge_id = wanted.id OFFSET 0 FOR NO KEY UPDATE) AS c`,
    values: [[...new Set(chargeIds)].toSorted()],
  })
  return new Map(rows.map((charge) => [charge.chargeId, charge]))
}

/** A charge as it is to be stored. */
export interface ChangedCharge extends Charge {
  /** As `ChargeChange` has it. */
  work: 'none' | 'new' | 'same'
}

/** Stores charges that the transaction has locked and changed. */
export async function saveCharges(tx: Tx, charges: readonly ChangedCharge[]): Promise<void> {
  if (charges.length === 0) return
  await tx.query({
    name: 'charges-save',
    text: `UPDATE charges c SET status = n.status, capture_status = n.capture_status, reason = n.reason, message = n.message,
             balance_after = n.balance_after, finished_at = coalesce(n.finished_at, clock_timestamp()),
             provider_reference = n.provider_reference, last_error = NULL,
             card_token = CASE WHEN n.capture_status = 'PENDING' THEN c.card_token END,
             attempts = CASE WHEN n.work = 'new' THEN 0 ELSE c.attempts END,
             next_attempt_at = CASE n.work WHEN 'new' THEN clock_timestamp() WHEN 'same' THEN coalesce(c.next_attempt_at, clock_timestamp()) END
           FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[], $8::text[], $9::text[])
             AS n (charge_id, status, capture_status, reason, message, balance_after, finished_at, provider_reference, work)
           WHERE c.charge_id = n.charge_id`,
    values: [
      charges.map(({ chargeId }) => chargeId),
      charges.map(({ status }) => status),
      charges.map(({ captureStatus }) => captureStatus),
      charges.map(({ reason }) => reason),
      charges.map(({ message }) => message),
      charges.map(({ balanceAfter }) => balanceAfter),
      charges.map(({ finishedAt }) => finishedAt),
      charges.map(({ providerReference }) => providerReference),
      charges.map(({ work }) => work),
    ],
  })
}

/** Reads one charge of a user. */
export async function findCharge(
  db: Queryable,
  userId: string,
  chargeId: string,
): Promise<Charge | undefined> {
  const { rows } = await db.query<Charge>({
    name: 'charges-find',
    text: `SELECT ${COLUMNS} FROM charges WHERE charge_id = $1 AND user_id = $2`,
    values: [chargeId, userId],
  })
  return rows[0]
}

/** Reads those of these charges that are CHARGED or FAILED. */
export async function findSettledCharges(db: Queryable, chargeIds: readonly string[]): Promise<Charge[]> {
  const { rows } = await db.query<Charge>({
    name: 'charges-find-settled',
    text: `SELECT c.* FROM unnest($1::uuid[]) AS wanted (id)
           CROSS JOIN LATERAL (SELECT ${COLUMNS} FROM charges WHERE charge_id = wanted.id OFFSET 0) AS c WHERE c.status <> 'CHARGING'`,
    values: [chargeIds],
  })
  return rows
}
