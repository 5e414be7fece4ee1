import type { Queryable } from '@frontrow/postgres/pool'
import type { CaptureStatus } from '../charges/decide-charge.ts'

/** What there is to do at the card provider for one charge, leased to the caller. */
export interface ChargeWork {
  chargeId: string
  userId: string
  amount: number
  /** CHARGING: the money is to be taken. FAILED: it is to be found out whether it was, and given back. */
  status: 'CHARGING' | 'FAILED'
  captureStatus: CaptureStatus
  cardToken: string | null
  providerReference: string | null
  /** This attempt is one of them. */
  attempts: number
  /** A call for the capture may have begun before this attempt. */
  wasAsked: boolean
  ageMs: number
}

/** How many charges to lease at most, by what there is to do for them. */
export interface LeaseLimits {
  /** Captures that nobody has begun. */
  first: number
  /** Captures whose outcome is not known. */
  again: number
  giveBack: number
}

/**
 * Leases charges whose time has come. The lease of a process that dies runs out, and the next one's call to the provider carries
 * the same key. With the lease it is stored that the provider is asked, as nobody could tell it if the process died in the call; charges
 * older than `giveUpMs` are not asked for any more.
 */
export async function leaseWork(
  db: Queryable,
  limits: LeaseLimits,
  { leaseMs, giveUpMs }: { leaseMs: number; giveUpMs: number },
): Promise<ChargeWork[]> {
  const due = (condition: string, limit: string): string => `
    SELECT charge_id FROM charges WHERE next_attempt_at <= now() AND ${condition}
    ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`
  const { rows } = await db.query<ChargeWork>({
    name: 'charges-lease',
    text: `WITH first AS (${due("status = 'CHARGING' AND attempts = 0", '$1')}),
             again AS (${due("status = 'CHARGING' AND attempts > 0", '$2')}),
             give_back AS (${due("status = 'FAILED'", '$3')})
           UPDATE charges SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $4::float8 / 1000),
             asked_at = CASE WHEN extract(epoch FROM now() - created_at)::float8 * 1000 > $5 THEN asked_at ELSE coalesce(asked_at, now()) END
           WHERE charge_id IN (SELECT charge_id FROM first UNION ALL SELECT charge_id FROM again UNION ALL SELECT charge_id FROM give_back)
           RETURNING charge_id AS "chargeId", user_id AS "userId", amount, status, capture_status AS "captureStatus",
             card_token AS "cardToken", provider_reference AS "providerReference", attempts,
             coalesce(asked_at <> now(), false) AS "wasAsked",
             extract(epoch FROM now() - created_at)::float8 * 1000 AS "ageMs"`,
    values: [limits.first, limits.again, limits.giveBack, leaseMs, giveUpMs],
  })
  return rows
}

/**
 * Stores a failure that says nothing of the outcome, and whether a call has begun by now. The next attempt may begin in `retryInMs`;
 * null: a person has to look. Changes nothing where the lease has run out and somebody else has the work.
 */
export async function noteFailure(
  db: Queryable,
  { chargeId, attempts, status, wasAsked }: Pick<ChargeWork, 'chargeId' | 'attempts' | 'status' | 'wasAsked'>,
  error: string,
  retryInMs: number | null,
): Promise<void> {
  await db.query({
    name: 'charges-note-failure',
    text: `UPDATE charges SET last_error = $4, next_attempt_at = clock_timestamp() + make_interval(secs => $5::float8 / 1000),
             asked_at = CASE WHEN $6 THEN asked_at END
           WHERE charge_id = $1 AND attempts = $2 AND status = $3 AND next_attempt_at IS NOT NULL`,
    values: [chargeId, attempts, status, error, retryInMs, wasAsked],
  })
}

/** Counts charges at work, `limit` at most. */
export async function countCharging(db: Queryable, limit: number): Promise<number> {
  const { rows } = await db.query<{ charging: number }>({
    name: 'charges-count-charging',
    text: `SELECT count(*) AS charging FROM (
             SELECT FROM charges WHERE next_attempt_at IS NOT NULL AND status = 'CHARGING' LIMIT $1) AS c`,
    values: [limit],
  })
  return rows[0]?.charging ?? 0
}

/** Charges at work, money to be given back, the age of the oldest of each in seconds, and charges that a person has to look at. */
export interface OpenCharges {
  charging: number
  oldestChargingSeconds: number
  givingBack: number
  oldestGivingBackSeconds: number
  /** FAILED, nobody is at it any more, and its money was, or may have been, taken. */
  leftToPerson: number
}

/** Counts what is at work, and what a person has to look at until they have written down what became of it. */
export async function countOpenCharges(db: Queryable): Promise<OpenCharges> {
  const { rows } = await db.query<OpenCharges>({
    name: 'charges-count-open',
    text: `SELECT count(*) FILTER (WHERE status = 'CHARGING') AS charging,
             coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'CHARGING')), 0)::float8 AS "oldestChargingSeconds",
             count(*) FILTER (WHERE status = 'FAILED') AS "givingBack",
             coalesce(extract(epoch FROM now() - min(finished_at) FILTER (WHERE status = 'FAILED')), 0)::float8 AS "oldestGivingBackSeconds",
             (SELECT count(*) FROM charges
              WHERE status = 'FAILED' AND capture_status IN ('PENDING', 'CAPTURED') AND next_attempt_at IS NULL) AS "leftToPerson"
           FROM charges WHERE next_attempt_at IS NOT NULL`,
  })
  return (
    rows[0] ?? {
      charging: 0,
      oldestChargingSeconds: 0,
      givingBack: 0,
      oldestGivingBackSeconds: 0,
      leftToPerson: 0,
    }
  )
}
