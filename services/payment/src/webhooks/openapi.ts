import {
  changeHeaders,
  changeRefusals,
  createdHeaders,
  namesSomething,
  replayHeader,
  versionHeader,
  writeHeaders,
  writeRefusals,
  writtenHeaders,
} from '@frontrow/idempotency/write-headers'
import { defineRoute } from '@frontrow/service-host/route'
import { uuid } from '@frontrow/values/ids'
import { limit, uuidCursor } from '@frontrow/values/page'
import { line } from '@frontrow/values/text'
import { time } from '@frontrow/values/time'
import { z } from 'zod'
import { webhookEventTypes } from './event-types.ts'
import { deliveryStatuses } from './sql/deliveries.ts'

const ID = '01932c07-b1d2-7a3b-8c4d-5e6f70819203'

const eventType = z.enum(webhookEventTypes)
const eventTypes = z
  .array(eventType)
  .min(1)
  .max(webhookEventTypes.length)
  .refine((types) => new Set(types).size === types.length, 'must not name an event twice')
  .meta({
    description: 'Which events it gets.',
    example: ['payment.approved', 'payment.refunded'],
    uniqueItems: true,
  })
const url = z.string().max(2_000).meta({
  format: 'uri',
  pattern: '^https://',
  description:
    'An https URL of the public internet without user, password and fragment, spaces and control characters. Its name is looked up, and the answer checked, at each connection.',
  example: 'https://hooks.example.com/frontrow',
})
const description = line(200).meta({ example: 'Accounting' })
const status = z.enum(['ENABLED', 'DISABLED'])

const webhook = z.object({
  webhookId: z.uuid().meta({ example: ID }),
  url,
  eventTypes,
  description: description.nullable(),
  status,
  disabledReason: z.enum(['ADMIN', 'GONE', 'FAILING']).nullable().meta({
    description: 'GONE: it answered 410. FAILING: nothing was taken for three days, by default.',
  }),
  failingSince: time.nullable().meta({ description: 'Since when no delivery has been taken.' }),
  previousSecretUntil: time.nullable().meta({ description: 'Until when the secret before signs too.' }),
  createdAt: time,
  updatedAt: time,
})

const withSecret = webhook.extend({
  secret: z.string().meta({
    description:
      'What the receiver verifies signatures with. It is shown in this answer only, and in its repeats under the same Idempotency-Key.',
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD1qsVq0Ix7DU=',
  }),
})

const delivery = z.object({
  deliveryId: z.uuid().meta({ example: ID }),
  eventId: z.uuid().meta({ description: 'The header `webhook-id`, the same on each attempt.', example: ID }),
  eventType,
  subject: z.string().meta({
    description: 'Deliveries of one subject go out one after the other: a reservation or a schedule.',
    example: ID,
  }),
  status: z.enum(deliveryStatuses),
  attempts: z.int().meta({ example: 1 }),
  nextAttemptAt: time.nullable().meta({
    description: 'Null for one that has ended, and for one that waits for another of its subject.',
  }),
  responseStatus: z.int().nullable().meta({ description: 'Of the last attempt.', example: 200 }),
  lastError: z.string().nullable(),
  createdAt: time,
  endedAt: time.nullable(),
  body: z
    .looseObject({ type: z.string(), timestamp: time, data: z.looseObject({}) })
    .meta({ description: 'What is sent.' }),
})

const page = <S extends z.ZodType>(item: S) => ({
  200: {
    description: 'A page.',
    schema: z.object({ items: z.array(item), nextCursor: z.string().nullable() }),
  },
})

const params = z.object({ webhookId: uuid })

export const createWebhookRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/webhooks',
  operationId: 'createWebhook',
  tag: 'admin',
  summary: 'Register a webhook',
  description:
    'Each event is posted as `{type, timestamp, data}`, signed as [Standard Webhooks](https://www.standardwebhooks.com) says: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Any answer of 200 to 299 within 10 s is a success. Others are tried again later and later, for a day; redirects are not followed. 410 disables the webhook, and so does a failure of three days. An event may come twice: compare `webhook-id`. Events of one reservation come in the order in which they were written, but for those of different topics (`payment.…`, `reservation.…`), which tell their `timestamp`. Secrets are stored in a form that can sign.',
  auth: 'admin',
  headers: writeHeaders,
  body: z.strictObject({ url, eventTypes, description: description.exactOptional() }),
  examples: {
    'What was paid': {
      url: 'https://hooks.example.com/frontrow',
      eventTypes: ['payment.approved', 'payment.refunded'],
      description: 'Accounting',
    },
  },
  responses: { 201: { description: 'Registered.', headers: createdHeaders, schema: withSecret } },
  refusals: ['WEBHOOK_LIMIT_EXCEEDED', ...writeRefusals],
})

export const listWebhooksRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/webhooks',
  operationId: 'listWebhooks',
  tag: 'admin',
  summary: 'Webhooks, newest first',
  auth: 'admin',
  query: z.object({ cursor: uuidCursor.optional(), limit }),
  responses: page(webhook),
  refusals: [],
})

export const getWebhookRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/webhooks/{webhookId}',
  operationId: 'getWebhook',
  tag: 'admin',
  summary: 'One webhook',
  auth: 'admin',
  params,
  responses: { 200: { description: 'The webhook.', headers: versionHeader, schema: webhook } },
  refusals: ['WEBHOOK_NOT_FOUND'],
})

export const changeWebhookRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/admin/webhooks/{webhookId}',
  operationId: 'changeWebhook',
  tag: 'admin',
  summary: 'Change a webhook',
  description:
    'What is left out stays. DISABLED gets no more events, and what waits for it fails; ENABLED begins anew with the next event.',
  auth: 'admin',
  params,
  headers: changeHeaders,
  body: z
    .strictObject({
      url: url.exactOptional(),
      eventTypes: eventTypes.exactOptional(),
      description: description.nullable().exactOptional(),
      status: status.exactOptional(),
    })
    .refine((change) => Object.keys(change).length > 0, {
      message: 'name at least one of url, eventTypes, description and status',
    })
    .meta(namesSomething),
  examples: {
    'Other events': { eventTypes: ['payment.approved'] },
    Disable: { status: 'DISABLED' },
    Enable: { status: 'ENABLED' },
  },
  responses: { 200: { description: 'As it is now.', headers: writtenHeaders, schema: webhook } },
  refusals: ['WEBHOOK_NOT_FOUND', ...changeRefusals],
})

export const deleteWebhookRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/admin/webhooks/{webhookId}',
  operationId: 'deleteWebhook',
  tag: 'admin',
  summary: 'Delete a webhook, with its log',
  auth: 'admin',
  params,
  headers: changeHeaders,
  responses: { 204: { description: 'Deleted.', headers: replayHeader } },
  refusals: ['WEBHOOK_NOT_FOUND', ...changeRefusals],
})

export const rotateSecretRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/webhooks/{webhookId}/secret',
  operationId: 'rotateWebhookSecret',
  tag: 'admin',
  summary: 'Give a webhook another secret',
  description:
    'For `previousValidHours` each delivery has a signature by both secrets, so that the receiver can change over at any time. 0 is for a secret that has leaked. Two are valid at once at most.',
  auth: 'admin',
  params,
  headers: changeHeaders,
  body: z.strictObject({ previousValidHours: z.int().min(0).max(168).default(24) }),
  examples: { 'A day to change over': { previousValidHours: 24 } },
  responses: { 200: { description: 'With its new secret.', headers: writtenHeaders, schema: withSecret } },
  refusals: ['WEBHOOK_NOT_FOUND', ...changeRefusals],
})

export const listDeliveriesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/webhooks/{webhookId}/deliveries',
  operationId: 'listWebhookDeliveries',
  tag: 'admin',
  summary: 'What was delivered to a webhook, newest first',
  description: 'Kept for 30 days by default.',
  auth: 'admin',
  params,
  query: z.object({
    cursor: uuidCursor.optional(),
    limit,
    status: z.enum(deliveryStatuses).optional(),
  }),
  responses: page(delivery),
  refusals: ['WEBHOOK_NOT_FOUND'],
})

export const retryDeliveryRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/webhooks/{webhookId}/deliveries/{deliveryId}/retry',
  operationId: 'retryWebhookDelivery',
  tag: 'admin',
  summary: 'Deliver something again',
  description:
    'Whatever has become of it, it goes out within a second or two, under its old `webhook-id`, and is tried for a day. One that waits for another of its subject goes on waiting, and one that is being sent is not sent a second time meanwhile.',
  auth: 'admin',
  params: z.object({ webhookId: uuid, deliveryId: uuid }),
  headers: writeHeaders,
  responses: { 200: { description: 'Waits to be sent.', headers: replayHeader, schema: delivery } },
  refusals: ['WEBHOOK_NOT_FOUND', 'DELIVERY_NOT_FOUND', 'WEBHOOK_DISABLED', ...writeRefusals],
})

/** The routes of webhooks, for the API reference. */
export const webhookRoutes = [
  createWebhookRoute,
  listWebhooksRoute,
  getWebhookRoute,
  changeWebhookRoute,
  deleteWebhookRoute,
  rotateSecretRoute,
  listDeliveriesRoute,
  retryDeliveryRoute,
]
