import type { Queryable } from '@frontrow/postgres/pool'

/** An event of the card provider, to be taken once. */
export interface NewProviderEvent {
  eventId: string
  type: string
  kind: 'capture' | 'dispute' | 'refund' | 'other'
  reference: string | null
  /** Where the event names it itself. */
  paymentId: string | null
  status: string | null
  reason: string | null
  amount: number | null
  happenedAt: Date
}

/** What was made of an event; `repeated`: nothing, because it had been taken before; `unknown`: a dispute or refund of no payment of ours. */
export type EventOutcome = 'repeated' | 'woke' | 'noticed' | 'unknown' | 'nothing'

/**
 * Takes an event, once by its id. One of a capture without an outcome makes its order the first that is due, however many are overdue, so
 * that the provider is asked, by the id
 * that the event names where we have none yet. So an order goes on, too, that was left to a person because its key is forgotten. A lease
 * is not touched, and the order comes again when that call has ended. A dispute is taken note of, and so is a refund that we did not
 * order, or that the provider could not carry out.
 */
export async function takeEvent(db: Queryable, event: NewProviderEvent): Promise<EventOutcome> {
  const { rows } = await db.query<{ outcome: EventOutcome }>({
    name: 'provider-events-take',
    text: `WITH fresh AS (
             INSERT INTO provider_events (event_id, type) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id),
           about AS (
             SELECT payment_id, wanted FROM card_captures, fresh WHERE payment_id = $4
             UNION
             SELECT payment_id, wanted FROM card_captures, fresh WHERE provider_reference = $5
             LIMIT 1),
           woken AS (
             UPDATE card_captures c SET provider_reference = coalesce(c.provider_reference, $5), was_asked = true,
               due_at = '-infinity' FROM about
             WHERE c.payment_id = about.payment_id AND $3 = 'capture' AND c.status IN ('PENDING', 'ACTION_REQUIRED')
               AND (c.due_at IS NOT NULL OR c.provider_reference IS NOT NULL OR $5 IS NOT NULL)
             RETURNING 1),
           noticed AS (
             INSERT INTO provider_notices (event_id, payment_id, kind, type, status, reason, amount, happened_at)
             SELECT $1, payment_id, upper($3), $2, $6, $7, $8, $9 FROM about
             WHERE $3 = 'dispute' OR ($3 = 'refund' AND (wanted = 'CAPTURED' OR $6 IN ('failed', 'canceled')))
             RETURNING 1)
           SELECT CASE WHEN NOT EXISTS (SELECT FROM fresh) THEN 'repeated'
                       WHEN EXISTS (SELECT FROM woken) THEN 'woke'
                       WHEN EXISTS (SELECT FROM noticed) THEN 'noticed'
                       WHEN $3 IN ('dispute', 'refund') AND NOT EXISTS (SELECT FROM about) THEN 'unknown'
                       ELSE 'nothing' END AS outcome`,
    values: [
      event.eventId,
      event.type,
      event.kind,
      event.paymentId,
      event.reference,
      event.status,
      event.reason,
      event.amount,
      event.happenedAt,
    ],
  })
  return rows[0]?.outcome ?? 'nothing'
}

/** Forgets events that were taken more than `days` ago, up to `limit`. Returns how many. */
export async function tidyEvents(db: Queryable, days: number, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'provider-events-tidy',
    text: `DELETE FROM provider_events WHERE event_id IN (
             SELECT event_id FROM provider_events WHERE received_at < now() - make_interval(days => $1)
             ORDER BY received_at LIMIT $2)`,
    values: [days, limit],
  })
  return rowCount ?? 0
}

/** What somebody did at the provider with a payment. */
export interface ProviderNotice {
  kind: 'DISPUTE' | 'REFUND'
  type: string
  status: string | null
  reason: string | null
  amount: number | null
  happenedAt: Date
}

/** Lists the newest 100 notices of a payment, oldest first. */
export async function listNotices(db: Queryable, paymentId: string): Promise<ProviderNotice[]> {
  const { rows } = await db.query<ProviderNotice>({
    name: 'provider-notices-list',
    text: `SELECT kind, type, status, reason, amount, happened_at AS "happenedAt"
           FROM (SELECT * FROM provider_notices WHERE payment_id = $1 ORDER BY happened_at DESC LIMIT 100) newest
           ORDER BY happened_at`,
    values: [paymentId],
  })
  return rows
}

/** Counts the payments that there are notices of, by kind. */
export async function countNoticedPayments(db: Queryable): Promise<{ kind: string; count: number }[]> {
  const { rows } = await db.query<{ kind: string; count: number }>(
    'SELECT kind, count(DISTINCT payment_id) AS count FROM provider_notices GROUP BY kind',
  )
  return rows
}
