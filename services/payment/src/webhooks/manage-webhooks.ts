import { randomBytes } from 'node:crypto'
import { requireVersion } from '@frontrow/idempotency/version-tag'
import type { Pool, Tx } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import { whyNotAddress } from './address-rule.ts'
import { writeSecret } from './sign.ts'
import type { DeliveryRow, DeliveryStatus } from './sql/deliveries.ts'
import { listDeliveries, replayDelivery } from './sql/deliveries.ts'
import {
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  lockWebhook,
  replaceSecret,
  updateWebhook,
} from './sql/webhooks.ts'
import type { Webhook } from './sql/webhooks.ts'

/** What admins can have of webhooks at most; each has slots of its own. */
export const WEBHOOKS_MAX = 100
const SECRET_BYTES = 32

/** What admins' writes of webhooks work with. */
export interface WebhookContext {
  pool: Pool
  allowPrivate: boolean
}

/** A webhook, and its secret in the form that receivers take, which is shown this once. */
export interface WithSecret {
  webhook: Webhook
  secret: string
}

/** Registers a webhook. Refuses with INVALID_REQUEST for an address that is not allowed and WEBHOOK_LIMIT_EXCEEDED. */
export async function createWebhook(
  ctx: WebhookContext,
  tx: Tx,
  wanted: Pick<Webhook, 'url' | 'eventTypes' | 'description'>,
): Promise<WithSecret> {
  requireAddress(ctx, wanted.url)
  if ((await countWebhooks(tx)) >= WEBHOOKS_MAX) {
    throw refuse('WEBHOOK_LIMIT_EXCEEDED', `there are ${WEBHOOKS_MAX} webhooks already`)
  }
  const secret = randomBytes(SECRET_BYTES)
  const webhook = await insertWebhook(tx, { ...wanted, webhookId: uuidv7(), secret })
  return { webhook, secret: writeSecret(secret) }
}

/** A page of webhooks, newest first. */
export async function pageOfWebhooks(
  { pool }: Pick<WebhookContext, 'pool'>,
  page: { before: string | undefined; limit: number },
): Promise<{ items: Webhook[]; nextId: string | null }> {
  const found = await listWebhooks(pool, page.before, page.limit + 1)
  return cut(found, page.limit, ({ webhookId }) => webhookId)
}

/** One webhook. Refuses with WEBHOOK_NOT_FOUND. */
export async function getWebhook(
  { pool }: Pick<WebhookContext, 'pool'>,
  webhookId: string,
): Promise<Webhook> {
  return existing(await findWebhook(pool, webhookId))
}

/**
 * Changes what is named of a webhook. One that is enabled again, or has another address, starts anew. Refuses with WEBHOOK_NOT_FOUND, PRECONDITION_FAILED, or
 * as `createWebhook` does.
 */
export async function changeWebhook(
  ctx: WebhookContext,
  tx: Tx,
  {
    webhookId,
    ifMatch,
    ...wanted
  }: { webhookId: string; ifMatch: string | undefined } & Partial<
    Pick<Webhook, 'url' | 'eventTypes' | 'description' | 'status'>
  >,
): Promise<Webhook> {
  const before = existing(await lockWebhook(tx, webhookId))
  requireVersion(ifMatch, before.version)
  if (wanted.url !== undefined) requireAddress(ctx, wanted.url)
  const isMoved = wanted.url !== undefined && wanted.url !== before.url
  // What failed at the old address says nothing of the new one.
  const failingSince = isMoved ? null : before.failingSince
  return updateWebhook(tx, { ...before, failingSince, ...wanted, ...disabling(before, wanted.status) })
}

function disabling(
  before: Webhook,
  status: Webhook['status'] | undefined,
): Partial<Pick<Webhook, 'disabledReason' | 'failingSince'>> {
  if (status === undefined || status === before.status) return {}
  return { disabledReason: status === 'DISABLED' ? 'ADMIN' : null, failingSince: null }
}

/** Gives a webhook another secret. Refuses with WEBHOOK_NOT_FOUND and PRECONDITION_FAILED. */
export async function rotateSecret(
  tx: Tx,
  wanted: { webhookId: string; ifMatch: string | undefined; previousValidHours: number },
): Promise<WithSecret> {
  const before = existing(await lockWebhook(tx, wanted.webhookId))
  requireVersion(wanted.ifMatch, before.version)
  const secret = randomBytes(SECRET_BYTES)
  const webhook = await replaceSecret(tx, wanted.webhookId, secret, wanted.previousValidHours)
  return { webhook, secret: writeSecret(secret) }
}

/** Deletes a webhook and, in the background, its log. Refuses with WEBHOOK_NOT_FOUND and PRECONDITION_FAILED. */
export async function removeWebhook(
  tx: Tx,
  { webhookId, ifMatch }: { webhookId: string; ifMatch: string | undefined },
): Promise<void> {
  requireVersion(ifMatch, existing(await lockWebhook(tx, webhookId)).version)
  await deleteWebhook(tx, webhookId)
}

/** A page of the log of a webhook, newest first. Refuses with WEBHOOK_NOT_FOUND. */
export async function pageOfDeliveries(
  ctx: Pick<WebhookContext, 'pool'>,
  webhookId: string,
  page: { before: string | undefined; limit: number; status: DeliveryStatus | undefined },
): Promise<{ items: DeliveryRow[]; nextId: string | null }> {
  await getWebhook(ctx, webhookId)
  const rows = await listDeliveries(ctx.pool, webhookId, { ...page, limit: page.limit + 1 })
  return cut(rows, page.limit, ({ deliveryId }) => deliveryId)
}

/** Delivers something again, at once. Refuses with WEBHOOK_NOT_FOUND, DELIVERY_NOT_FOUND and WEBHOOK_DISABLED. */
export async function retryDelivery(tx: Tx, webhookId: string, deliveryId: string): Promise<DeliveryRow> {
  const webhook = existing(await lockWebhook(tx, webhookId))
  if (webhook.status !== 'ENABLED') throw refuse('WEBHOOK_DISABLED', 'enable the webhook first')
  const delivery = await replayDelivery(tx, webhookId, deliveryId)
  if (delivery === undefined) throw refuse('DELIVERY_NOT_FOUND', 'the webhook has no such delivery')
  return delivery
}

function existing(webhook: Webhook | undefined): Webhook {
  if (webhook === undefined) throw refuse('WEBHOOK_NOT_FOUND', 'there is no such webhook')
  return webhook
}

function requireAddress({ allowPrivate }: WebhookContext, url: string): void {
  const rule = whyNotAddress(url, allowPrivate)
  if (rule === null) return
  throw refuse('INVALID_REQUEST', `url: ${rule}`, { details: [{ in: 'body', field: 'url', rule }] })
}

function cut<T>(rows: readonly T[], limit: number, idOf: (row: T) => string) {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextId: rows.length > limit && last !== undefined ? idOf(last) : null }
}
