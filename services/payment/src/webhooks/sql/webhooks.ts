import type { Queryable, Tx } from '@frontrow/postgres/pool'

export type DisabledReason = 'ADMIN' | 'GONE' | 'FAILING'

/** A row of `webhooks` without its secrets. */
export interface Webhook {
  webhookId: string
  url: string
  eventTypes: string[]
  description: string | null
  status: 'ENABLED' | 'DISABLED'
  disabledReason: DisabledReason | null
  failingSince: Date | null
  /** Until when the secret before is valid too; null where none is. */
  previousSecretUntil: Date | null
  version: number
  createdAt: Date
  updatedAt: Date
}

const COLUMNS = `webhook_id AS "webhookId", url, event_types AS "eventTypes", description, status,
  disabled_reason AS "disabledReason", failing_since AS "failingSince",
  CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS "previousSecretUntil", version,
  created_at AS "createdAt", updated_at AS "updatedAt"`

/** What events the webhooks want that get any. */
export async function listWanted(db: Queryable): Promise<{ webhookId: string; eventTypes: string[] }[]> {
  const { rows } = await db.query<{ webhookId: string; eventTypes: string[] }>({
    name: 'webhooks-list-wanted',
    text: `SELECT webhook_id AS "webhookId", event_types AS "eventTypes" FROM webhooks WHERE status = 'ENABLED'`,
  })
  return rows
}

// Any number works that nobody else locks by.
const COUNT_LOCK = 7_220_014

/** Counts the webhooks that are not deleted; nobody makes another one before the end of the transaction. */
export async function countWebhooks(tx: Tx): Promise<number> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [COUNT_LOCK])
  const { rows } = await tx.query<{ count: number }>(
    `SELECT count(*) AS count FROM webhooks WHERE status <> 'DELETED'`,
  )
  return rows[0]?.count ?? 0
}

export async function insertWebhook(
  tx: Tx,
  wanted: Pick<Webhook, 'webhookId' | 'url' | 'eventTypes' | 'description'> & { secret: Buffer },
): Promise<Webhook> {
  const { rows } = await tx.query<Webhook>(
    `INSERT INTO webhooks (webhook_id, url, event_types, description, status, secret)
     VALUES ($1, $2, $3, $4, 'ENABLED', $5) RETURNING ${COLUMNS}`,
    [wanted.webhookId, wanted.url, wanted.eventTypes, wanted.description, wanted.secret],
  )
  return only(rows)
}

/** Lists webhooks, newest first, older than the one with the id `before`. */
export async function listWebhooks(
  db: Queryable,
  before: string | undefined,
  limit: number,
): Promise<Webhook[]> {
  const { rows } = await db.query<Webhook>(
    `SELECT ${COLUMNS} FROM webhooks WHERE status <> 'DELETED' AND ($1::uuid IS NULL OR webhook_id < $1)
     ORDER BY webhook_id DESC LIMIT $2`,
    [before ?? null, limit],
  )
  return rows
}

export async function findWebhook(db: Queryable, webhookId: string): Promise<Webhook | undefined> {
  const { rows } = await db.query<Webhook>(
    `SELECT ${COLUMNS} FROM webhooks WHERE webhook_id = $1 AND status <> 'DELETED'`,
    [webhookId],
  )
  return rows[0]
}

/** The same, locked until the end of the transaction. */
export async function lockWebhook(tx: Tx, webhookId: string): Promise<Webhook | undefined> {
  const { rows } = await tx.query<Webhook>(
    `SELECT ${COLUMNS} FROM webhooks WHERE webhook_id = $1 AND status <> 'DELETED' FOR NO KEY UPDATE`,
    [webhookId],
  )
  return rows[0]
}

/** Saves what admins change. */
export async function updateWebhook(tx: Tx, webhook: Webhook): Promise<Webhook> {
  const { rows } = await tx.query<Webhook>(
    `UPDATE webhooks SET url = $2, event_types = $3, description = $4, status = $5, disabled_reason = $6, failing_since = $7,
       version = version + 1, updated_at = now()
     WHERE webhook_id = $1 RETURNING ${COLUMNS}`,
    [
      webhook.webhookId,
      webhook.url,
      webhook.eventTypes,
      webhook.description,
      webhook.status,
      webhook.disabledReason,
      webhook.failingSince,
    ],
  )
  return only(rows)
}

/** Gives it another secret; the one that it had signs too for `previousValidHours`. */
export async function replaceSecret(
  tx: Tx,
  webhookId: string,
  secret: Buffer,
  previousValidHours: number,
): Promise<Webhook> {
  const { rows } = await tx.query<Webhook>(
    `UPDATE webhooks SET secret = $2, previous_secret = CASE WHEN $3 > 0 THEN secret END,
       previous_secret_until = CASE WHEN $3 > 0 THEN now() + make_interval(hours => $3) END,
       version = version + 1, updated_at = now()
     WHERE webhook_id = $1 RETURNING ${COLUMNS}`,
    [webhookId, secret, previousValidHours],
  )
  return only(rows)
}

/** Deletes it for everybody but its log, which goes in the background, and forgets its secrets. */
export async function deleteWebhook(tx: Tx, webhookId: string): Promise<void> {
  await tx.query(
    `UPDATE webhooks SET status = 'DELETED', secret = '', previous_secret = NULL, previous_secret_until = NULL,
       version = version + 1, updated_at = now() WHERE webhook_id = $1`,
    [webhookId],
  )
}

/** A webhook as it was when a delivery to it was leased. What came of that says nothing of it once admins have changed it. */
export interface LeasedWebhook {
  webhookId: string
  webhookVersion: number
}

/** Notes that a delivery was taken. */
export async function noteSuccess(
  db: Queryable,
  { webhookId, webhookVersion }: LeasedWebhook,
): Promise<void> {
  await db.query({
    name: 'webhooks-note-success',
    text: 'UPDATE webhooks SET failing_since = NULL WHERE webhook_id = $1 AND version = $2 AND failing_since IS NOT NULL',
    values: [webhookId, webhookVersion],
  })
}

/** Notes that a delivery was not taken; returns for how many hours none has been. */
export async function noteFailure(
  db: Queryable,
  { webhookId, webhookVersion }: LeasedWebhook,
): Promise<number> {
  const { rows } = await db.query<{ hours: number }>({
    name: 'webhooks-note-failure',
    text: `UPDATE webhooks SET failing_since = coalesce(failing_since, now()) WHERE webhook_id = $1 AND version = $2
           RETURNING (extract(epoch FROM now() - failing_since) / 3600)::float8 AS hours`,
    values: [webhookId, webhookVersion],
  })
  return rows[0]?.hours ?? 0
}

/** Disables a webhook that is ENABLED and has not been changed; returns whether it did. */
export async function disableWebhook(
  db: Queryable,
  { webhookId, webhookVersion }: LeasedWebhook,
  reason: DisabledReason,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE webhooks SET status = 'DISABLED', disabled_reason = $3, version = version + 1, updated_at = now()
     WHERE webhook_id = $1 AND version = $2 AND status = 'ENABLED'`,
    [webhookId, webhookVersion, reason],
  )
  return rowCount === 1
}

function only(rows: readonly Webhook[]): Webhook {
  const [row] = rows
  if (row === undefined) throw new Error('a webhook vanished')
  return row
}
