import { tokenFor } from '@frontrow/test-kit/test-environment'
import { expect } from '@jest/globals'
import type { WebhookReceiver } from './webhook-receiver.ts'

interface Registered {
  webhookId: string
  url: string
  status: string
  secret?: string
  disabledReason: string | null
  failingSince: string | null
  previousSecretUntil: string | null
}

interface Delivery {
  deliveryId: string
  eventId: string
  status: string
  attempts: number
  responseStatus: number | null
  lastError: string | null
}

/** What the routes of this test answer, taken together. */
type Data = Registered & Delivery & { items: (Delivery & { noticeId: string; reservationId: string })[] }

/** What an admin does with webhooks and mails, at the payment service of this port. */
export function createWebhookAdmin(httpPort: () => number) {
  async function admin(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{
    status: number
    data: Data
    error: { code: string; message: string }
    etag: string
    replayed: boolean
  }> {
    const response = await fetch(`http://127.0.0.1:${httpPort()}/api/v1/admin${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${await tokenFor('boss', { admin: true })}`,
        'Content-Type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const { data, error } = text === '' ? { data: undefined, error: undefined } : JSON.parse(text)
    return {
      status: response.status,
      data,
      error,
      etag: response.headers.get('etag') ?? '',
      replayed: response.headers.get('idempotency-replayed') === 'true',
    }
  }

  async function register(to: WebhookReceiver, eventTypes = ['payment.approved']): Promise<Registered> {
    const { status, data } = await admin('POST', '/webhooks', { url: to.url, eventTypes })
    expect(status).toBe(201)
    return data
  }

  async function webhook(webhookId: string): Promise<Registered> {
    return (await admin('GET', `/webhooks/${webhookId}`)).data
  }

  async function log(webhookId: string): Promise<Delivery[]> {
    const page = await admin('GET', `/webhooks/${webhookId}/deliveries?limit=100`)
    return page.data.items
  }

  return { admin, register, webhook, log }
}
