import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request as the server got it. */
export interface ReceivedRequest {
  method: string | undefined
  url: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

/** Answers one request. */
export type Respond = (response: ServerResponse, request: ReceivedRequest) => void

/** An HTTP server for the tests of the client: what it answers is written in each test. */
export interface LocalServer {
  baseUrl: string
  requests: ReceivedRequest[]
  /** Answers of the next requests; the last one also answers all that follow. */
  answers: Respond[]
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts it on a free port. */
export async function startLocalServer(...answers: Respond[]): Promise<LocalServer> {
  const requests: ReceivedRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const received = { method, url, headers, body: Buffer.concat(chunks).toString() }
      requests.push(received)
      const respond = answers.length > 1 ? answers.shift() : answers[0]
      respond?.(response, received)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    baseUrl: `http://127.0.0.1:${address.port}`,
    requests,
    answers,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Answers with JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Respond {
  return (response) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** Answers as the API does where it is a yes. */
export function data(status: number, value: unknown, headers: Record<string, string> = {}): Respond {
  return json(status, { success: true, data: value }, headers)
}

/** Answers as the API does where it is a no. */
export function refusal(
  status: number,
  code: string,
  { details = null, ...headers }: { details?: unknown } & Record<string, unknown> = {},
): Respond {
  const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  return json(status, { success: false, error: { code, message: 'No.', details, requestId: 'r-1' } }, texts)
}
