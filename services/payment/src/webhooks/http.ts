import { versionTag } from '@frontrow/idempotency/version-tag'
import { writeOnce } from '@frontrow/idempotency/write-once'
import type { HttpServer } from '@frontrow/service-host/http-server'
import { toCursor } from '@frontrow/values/page'
import {
  changeWebhook,
  createWebhook,
  getWebhook,
  pageOfDeliveries,
  pageOfWebhooks,
  removeWebhook,
  retryDelivery,
  rotateSecret,
} from './manage-webhooks.ts'
import type { WebhookContext, WithSecret } from './manage-webhooks.ts'
import {
  changeWebhookRoute,
  createWebhookRoute,
  deleteWebhookRoute,
  getWebhookRoute,
  listDeliveriesRoute,
  listWebhooksRoute,
  retryDeliveryRoute,
  rotateSecretRoute,
} from './openapi.ts'
import type { DeliveryRow } from './sql/deliveries.ts'
import type { Webhook } from './sql/webhooks.ts'

type Routes = Pick<HttpServer, 'handle'>

/** What admins do with webhooks. Each write is done once for each Idempotency-Key. */
export function addWebhookRoutes(http: Routes, ctx: WebhookContext): void {
  addReads(http, ctx)
  addWrites(http, ctx)
  addDeliveries(http, ctx)
}

function addReads(http: Routes, ctx: WebhookContext): void {
  http.handle(listWebhooksRoute, async ({ query }) => {
    const { items, nextId } = await pageOfWebhooks(ctx, { before: query.cursor, limit: query.limit })
    return { status: 200, data: { items: items.map(toJson), nextCursor: cursorOf(nextId) } }
  })

  http.handle(getWebhookRoute, async ({ params }) => {
    const webhook = await getWebhook(ctx, params.webhookId)
    return { status: 200, data: toJson(webhook), headers: tagOf(webhook) }
  })
}

function addWrites(http: Routes, ctx: WebhookContext): void {
  http.handle(createWebhookRoute, ({ body, headers, caller }) => {
    const request = { operation: 'createWebhook', caller, key: headers['idempotency-key'], content: body }
    return writeOnce(ctx, request, async (tx) => {
      const made = await createWebhook(ctx, tx, { ...body, description: body.description ?? null })
      const location = { Location: `/api/v1/admin/webhooks/${made.webhook.webhookId}` }
      return { status: 201, data: secretJson(made), headers: { ...tagOf(made.webhook), ...location } }
    })
  })

  http.handle(changeWebhookRoute, ({ params, body, headers, caller }) => {
    const content = { ...params, ...body }
    const request = { operation: 'changeWebhook', caller, key: headers['idempotency-key'], content }
    return writeOnce(ctx, request, async (tx) => {
      const webhook = await changeWebhook(ctx, tx, { ...content, ifMatch: headers['if-match'] })
      return { status: 200, data: toJson(webhook), headers: tagOf(webhook) }
    })
  })

  http.handle(deleteWebhookRoute, ({ params, headers, caller }) => {
    const request = { operation: 'deleteWebhook', caller, key: headers['idempotency-key'], content: params }
    return writeOnce(ctx, request, async (tx) => {
      await removeWebhook(tx, { ...params, ifMatch: headers['if-match'] })
      return { status: 204, data: {}, headers: {} }
    })
  })

  http.handle(rotateSecretRoute, ({ params, body, headers, caller }) => {
    const content = { ...params, ...body }
    const request = { operation: 'rotateWebhookSecret', caller, key: headers['idempotency-key'], content }
    return writeOnce(ctx, request, async (tx) => {
      const made = await rotateSecret(tx, { ...content, ifMatch: headers['if-match'] })
      return { status: 200, data: secretJson(made), headers: tagOf(made.webhook) }
    })
  })
}

function addDeliveries(http: Routes, ctx: WebhookContext): void {
  http.handle(listDeliveriesRoute, async ({ params, query }) => {
    const { cursor: before, limit, status } = query
    const { items, nextId } = await pageOfDeliveries(ctx, params.webhookId, { before, limit, status })
    return { status: 200, data: { items: items.map(deliveryJson), nextCursor: cursorOf(nextId) } }
  })

  http.handle(retryDeliveryRoute, ({ params, headers, caller }) => {
    const request = {
      operation: 'retryWebhookDelivery',
      caller,
      key: headers['idempotency-key'],
      content: params,
    }
    return writeOnce(ctx, request, async (tx) => ({
      status: 200,
      data: deliveryJson(await retryDelivery(tx, params.webhookId, params.deliveryId)),
      headers: {},
    }))
  })
}

function tagOf({ version }: Webhook): { ETag: string } {
  return { ETag: versionTag(version) }
}

function cursorOf(lastId: string | null): string | null {
  return lastId === null ? null : toCursor(lastId)
}

function toJson({ version: _version, ...webhook }: Webhook) {
  return webhook
}

function secretJson({ webhook, secret }: WithSecret) {
  return { ...toJson(webhook), secret }
}

function deliveryJson({ dueAt, body, ...delivery }: DeliveryRow) {
  const sent: unknown = JSON.parse(body)
  return { ...delivery, nextAttemptAt: dueAt, body: sent }
}
