import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { eventually } from '@frontrow/test-kit/eventually'
import { expect } from '@jest/globals'
import { Webhook } from 'standardwebhooks'

/** One delivery as it came. */
interface Received {
  path: string
  headers: Record<string, string>
  body: string
  content: { type: string; timestamp: string; data: Record<string, unknown> }
  /** How many were being answered when it came, itself included. */
  open: number
}

/** How a receiver answers: a status, or a function that writes the answer, or does not. */
type Answer = (received: Received, response: ServerResponse) => number | undefined

/** Somebody else's server that takes webhooks. */
export interface WebhookReceiver {
  url: string
  received: Received[]
  answer: Answer
  /** Waits for this many deliveries, and returns all. */
  deliveries(count: number): Promise<Received[]>
  stop(): Promise<void>
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  let open = 0
  const server = createServer((request, response) => {
    open += 1
    response.once('close', () => {
      open -= 1
    })
    void readAll(request).then((body) => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      const one = { path: request.url ?? '', headers, body, content: JSON.parse(body), open }
      receiver.received.push(one)
      const status = receiver.answer(one, response)
      if (status !== undefined) response.writeHead(status).end('noted')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${address.port}/in`,
    received: [],
    answer: () => 204,
    deliveries: (count) =>
      eventually(() => {
        expect(receiver.received.map(({ content }) => content.type)).toHaveLength(count)
        return receiver.received
      }),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}

/** What the library of Standard Webhooks makes of a delivery; throws where the signature is not of this secret. */
export function verify(secret: string, { body, headers }: Pick<Received, 'body' | 'headers'>): unknown {
  return new Webhook(secret).verify(body, headers)
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += String(chunk)
  return text
}
