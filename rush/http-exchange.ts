import { Agent, request as sendRequest } from 'node:http'
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** One answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** No answer came, or only a part of one. `code` is Node's, or TIMEOUT, TOO_LARGE or CLOSED_WHEN_IDLE. */
export class TransportError extends Error {
  override name = 'TransportError'
  readonly code: string

  constructor(code: string, cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

/** Sends requests over kept connections. */
export interface HttpExchange {
  /** Rejects with TransportError and nothing else. */
  send(request: WireRequest): Promise<WireAnswer>
  /** Ends the requests that are under way with BROKEN_OFF. */
  close(): void
}

const ANSWER_MAX_CHARS = 16_000_000
/** Gateways close an idle connection after about a minute. We close it earlier, so that no request is sent on one that closes. */
const IDLE_MS = 30_000

/** Opens at most `sockets` connections to `origin`. Further requests wait for one, and that wait counts as latency. */
export function createExchange(origin: string, sockets: number, timeoutMs: number): HttpExchange {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets, timeout: IDLE_MS })
  const { hostname, port, host } = new URL(origin)
  const underWay = new Set<ClientRequest>()
  const target = { agent, hostname: hostname.replaceAll(/[[\]]/g, ''), port: port === '' ? 80 : Number(port) }
  return {
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        const request = sendRequest({ ...target, method, path, headers: { ...headers, host } })
        underWay.add(request)
        request.once('close', () => underWay.delete(request))
        const deadline = setTimeout(() => request.destroy(new TransportError('TIMEOUT')), timeoutMs)
        const fail = (error: unknown): void => {
          clearTimeout(deadline)
          const failure = toTransportError(error)
          // A kept connection was closed just as it was used, as by a gateway that reads its configuration anew. Browsers send again by themselves.
          const wasIdle = request.reusedSocket && failure.code === 'ECONNRESET'
          reject(wasIdle ? new TransportError('CLOSED_WHEN_IDLE', error) : failure)
        }
        request.once('error', fail)
        request.once('response', (response) => {
          readText(response).then((text) => {
            clearTimeout(deadline)
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
          }, fail)
        })
        request.end(body)
      }),
    close: () => {
      // Requests that wait for a connection are ended too, because the agent would still open one for them.
      for (const request of underWay) request.destroy(new TransportError('BROKEN_OFF'))
      agent.destroy()
    },
  }
}

function readText(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.length > ANSWER_MAX_CHARS) response.destroy(new TransportError('TOO_LARGE'))
    })
    response.once('end', () => resolve(text))
    response.once('error', reject)
  })
}

function toTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error
  const isCoded = typeof error === 'object' && error !== null && 'code' in error
  const code = isCoded && typeof error.code === 'string' ? error.code : 'BROKEN'
  return new TransportError(code, error)
}
