import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { together } from '@frontrow/postgres/transaction'
import { HIGHEST_UUID } from '@frontrow/values/ids'
import { uuidv7 } from 'uuidv7'
import { lowestIdAt } from '../../uuid-time.ts'
import type { WebhookEvent } from '../event-types.ts'
import type { LeasedWebhook } from './webhooks.ts'

export const deliveryStatuses = ['PENDING', 'DELIVERED', 'FAILED'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

/** An event that a webhook is to get. */
export interface NewDelivery extends WebhookEvent {
  webhookId: string
}

/**
 * Writes deliveries, each once for its webhook and event. Of one subject only the first that waits is due; the others get their turn when
 * it ends. The one that waits last of each subject is locked first: if it ended between these statements, nobody would wake those that are
 * written behind it.
 */
export async function insertDeliveries(tx: Tx, deliveries: readonly NewDelivery[]): Promise<void> {
  const lines = new Map(
    deliveries.map(({ webhookId, subject }) => [`${webhookId} ${subject}`, { webhookId, subject }]),
  )
  // All lock in this order, so that they can't deadlock.
  const sorted = [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line)
  const lineValues = [sorted.map(({ webhookId }) => webhookId), sorted.map(({ subject }) => subject)]
  await together([
    tx.query({
      name: 'deliveries-lock-last',
      text: `SELECT FROM unnest($1::uuid[], $2::text[]) AS l (webhook_id, subject)
             CROSS JOIN LATERAL (
               SELECT FROM webhook_deliveries d
               WHERE d.webhook_id = l.webhook_id AND d.subject = l.subject AND d.status = 'PENDING'
               ORDER BY d.place DESC LIMIT 1 FOR UPDATE) AS last`,
      values: lineValues,
    }),
    tx.query({
      name: 'deliveries-insert',
      text: `INSERT INTO webhook_deliveries (delivery_id, webhook_id, event_id, event_type, subject, body)
             SELECT delivery_id, webhook_id, event_id, event_type, subject, body
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY
               AS n (delivery_id, webhook_id, event_id, event_type, subject, body, place)
             ORDER BY place
             ON CONFLICT (webhook_id, event_id) DO NOTHING`,
      values: [
        deliveries.map(() => uuidv7()),
        deliveries.map(({ webhookId }) => webhookId),
        deliveries.map(({ eventId }) => eventId),
        deliveries.map(({ eventType }) => eventType),
        deliveries.map(({ subject }) => subject),
        deliveries.map(({ body }) => body),
      ],
    }),
    raiseFirst(tx, lineValues),
  ])
}

/** Makes the first that waits of each line due, where none is in hand or to be tried later. */
async function raiseFirst(tx: Tx, lineValues: readonly (readonly string[])[]): Promise<void> {
  await tx.query({
    name: 'deliveries-raise-first',
    text: `UPDATE webhook_deliveries d SET due_at = now()
           FROM unnest($1::uuid[], $2::text[]) AS l (webhook_id, subject)
           CROSS JOIN LATERAL (
             SELECT delivery_id, due_at FROM webhook_deliveries w
             WHERE w.webhook_id = l.webhook_id AND w.subject = l.subject AND w.status = 'PENDING'
             ORDER BY w.place LIMIT 1) AS first
           WHERE d.delivery_id = first.delivery_id AND first.due_at IS NULL`,
    values: [...lineValues],
  })
}

/** A delivery in the hands of a worker. */
export interface LeasedDelivery extends LeasedWebhook {
  deliveryId: string
  eventId: string
  subject: string
  body: string
  attempts: number
  /** When its first attempt could begin. */
  triedSince: Date
  url: string
  secret: Buffer
  /** The secret before, while it is valid too. */
  previousSecret: Buffer | null
}

/** How many deliveries to a webhook one worker may have in hand, and how many it has. */
export interface Slots {
  each: number
  inHand: ReadonlyMap<string, number>
}

/** Leases deliveries that are due, to each webhook as many as its slots are free, `limit` in all. */
export async function leaseDeliveries(
  db: Queryable,
  leaseMs: number,
  limit: number,
  { each, inHand }: Slots,
): Promise<LeasedDelivery[]> {
  const { rows } = await db.query<LeasedDelivery>({
    name: 'deliveries-lease',
    text: `WITH due AS MATERIALIZED (
             SELECT d.delivery_id FROM webhooks w
             LEFT JOIN unnest($3::uuid[], $4::int[]) AS hand (webhook_id, count) USING (webhook_id)
             CROSS JOIN LATERAL (
               SELECT delivery_id FROM webhook_deliveries
               WHERE webhook_id = w.webhook_id AND status = 'PENDING' AND due_at <= now()
               ORDER BY due_at LIMIT greatest(0, $5 - coalesce(hand.count, 0)) FOR UPDATE SKIP LOCKED) AS d
             WHERE w.status = 'ENABLED'
             LIMIT $2
           )
           UPDATE webhook_deliveries d
           SET attempts = attempts + 1, due_at = now() + make_interval(secs => $1::float8 / 1000),
             leased_until = now() + make_interval(secs => $1::float8 / 1000)
           FROM due, webhooks w
           WHERE d.delivery_id = due.delivery_id AND w.webhook_id = d.webhook_id
           RETURNING d.delivery_id AS "deliveryId", d.webhook_id AS "webhookId", d.event_id AS "eventId", d.subject, d.body,
             d.attempts, d.tried_since AS "triedSince", w.version AS "webhookVersion", w.url, w.secret,
             CASE WHEN w.previous_secret_until > now() THEN w.previous_secret END AS "previousSecret"`,
    values: [leaseMs, limit, [...inHand.keys()], [...inHand.values()], each],
  })
  return rows
}

/** Ends a delivery and makes the next one of its subject due. A failure counts only where nobody has leased it since. */
export async function endDelivery(
  tx: Tx,
  { deliveryId, webhookId, subject, attempts }: LeasedDelivery,
  outcome: { status: 'DELIVERED' | 'FAILED'; responseStatus: number | null; error: string | null },
): Promise<void> {
  await together([
    tx.query({
      name: 'deliveries-end',
      text: `UPDATE webhook_deliveries SET status = $2, response_status = $3, last_error = $4, ended_at = now(), leased_until = NULL
             WHERE delivery_id = $1 AND status = 'PENDING' AND ($2 = 'DELIVERED' OR attempts = $5)`,
      values: [deliveryId, outcome.status, outcome.responseStatus, outcome.error, attempts],
    }),
    raiseFirst(tx, [[webhookId], [subject]]),
  ])
}

/** Replaces the lease of a delivery that failed, unless somebody has leased it since: the next attempt may begin in `retryInMs`. */
export async function postponeDelivery(
  db: Queryable,
  { deliveryId, attempts }: Pick<LeasedDelivery, 'deliveryId' | 'attempts'>,
  failure: { responseStatus: number | null; error: string; retryInMs: number },
): Promise<void> {
  await db.query({
    name: 'deliveries-postpone',
    text: `UPDATE webhook_deliveries
           SET response_status = $2, last_error = $3, due_at = now() + make_interval(secs => $4::float8 / 1000), leased_until = NULL
           WHERE delivery_id = $1 AND status = 'PENDING' AND attempts = $5`,
    values: [deliveryId, failure.responseStatus, failure.error, failure.retryInMs, attempts],
  })
}

/**
 * Fails what waits for webhooks that are not ENABLED any more, 5,000 at most; returns how many. The last ones first: what is left when somebody
 * enables the webhook again still begins with what is due.
 */
export async function failAbandoned(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE webhook_deliveries SET status = 'FAILED', last_error = 'the webhook is disabled', ended_at = now()
     WHERE delivery_id IN (
       SELECT d.delivery_id FROM webhooks w JOIN webhook_deliveries d USING (webhook_id)
       WHERE w.status <> 'ENABLED' AND d.status = 'PENDING' ORDER BY d.place DESC LIMIT 5000)`,
  )
  return rowCount ?? 0
}

/**
 * Deletes deliveries that ended and were made before `oldest`, and all of deleted webhooks, 5,000 of each at most; returns how many. Their
 * ids are in the order of time.
 */
export async function tidyDeliveries(db: Queryable, oldest: Date): Promise<number> {
  const old = await db.query(
    `DELETE FROM webhook_deliveries WHERE delivery_id = ANY (ARRAY(
       SELECT delivery_id FROM webhook_deliveries
       WHERE delivery_id < $1 AND status <> 'PENDING' ORDER BY delivery_id LIMIT 5000))`,
    [lowestIdAt(oldest)],
  )
  const left = await db.query(
    `DELETE FROM webhook_deliveries WHERE delivery_id = ANY (ARRAY(
       SELECT d.delivery_id FROM webhooks w
       CROSS JOIN LATERAL (
         SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = w.webhook_id ORDER BY delivery_id LIMIT 5000) AS d
       WHERE w.status = 'DELETED' LIMIT 5000))`,
  )
  await db.query(
    `DELETE FROM webhooks w WHERE w.status = 'DELETED'
       AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.webhook_id)`,
  )
  return (old.rowCount ?? 0) + (left.rowCount ?? 0)
}

/** A delivery as admins see it. */
export interface DeliveryRow {
  deliveryId: string
  eventId: string
  eventType: string
  subject: string
  body: string
  status: DeliveryStatus
  attempts: number
  /** Null while it waits for one before it, and once it has ended. */
  dueAt: Date | null
  responseStatus: number | null
  lastError: string | null
  createdAt: Date
  endedAt: Date | null
}

const COLUMNS = `delivery_id AS "deliveryId", event_id AS "eventId", event_type AS "eventType", subject, body, status, attempts,
  CASE WHEN status = 'PENDING' THEN due_at END AS "dueAt", response_status AS "responseStatus", last_error AS "lastError",
  created_at AS "createdAt", ended_at AS "endedAt"`

/** Lists the deliveries of a webhook, newest first, older than the one with the id `before`; of one status where it is named. */
export async function listDeliveries(
  db: Queryable,
  webhookId: string,
  page: { before: string | undefined; limit: number; status: DeliveryStatus | undefined },
): Promise<DeliveryRow[]> {
  const { rows } = await db.query<DeliveryRow>(
    `SELECT ${COLUMNS} FROM webhook_deliveries
     WHERE webhook_id = $1 AND delivery_id < $2 ${page.status === undefined ? '' : 'AND status = $4'}
     ORDER BY delivery_id DESC LIMIT $3`,
    [webhookId, page.before ?? HIGHEST_UUID, page.limit, ...(page.status === undefined ? [] : [page.status])],
  )
  return rows
}

/**
 * Makes a delivery due now, with a day of attempts before it, whatever had become of it. One that waits for another before it stays
 * where it is, and one in hand keeps its lease, so that it is not sent twice at once. Undefined where the webhook has no such delivery.
 */
export async function replayDelivery(
  tx: Tx,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryRow | undefined> {
  const { rows } = await tx.query<DeliveryRow>(
    `UPDATE webhook_deliveries
     SET due_at = CASE WHEN status = 'PENDING' AND (due_at IS NULL OR leased_until > now()) THEN due_at ELSE now() END,
       attempts = CASE WHEN status = 'PENDING' THEN attempts ELSE 0 END, status = 'PENDING', tried_since = now(), ended_at = NULL
     WHERE webhook_id = $1 AND delivery_id = $2 RETURNING ${COLUMNS}`,
    [webhookId, deliveryId],
  )
  return rows[0]
}

/** How many deliveries wait, and for how long the oldest. */
export async function deliveryBacklog(db: Queryable): Promise<{ rows: number; oldestSeconds: number }> {
  const { rows } = await db.query<{ rows: number; oldest: number }>(
    `SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
     FROM webhook_deliveries WHERE status = 'PENDING'`,
  )
  return { rows: rows[0]?.rows ?? 0, oldestSeconds: rows[0]?.oldest ?? 0 }
}
