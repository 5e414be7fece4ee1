import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import { isDatabaseTimeout, isDatabaseUnavailable, isUnstorableText } from '@frontrow/postgres/errors'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { Refusal } from '@frontrow/refusals/refusal'
import { ENCODING_RULE } from './read-query.ts'

/** What Express throws about a request. */
interface RequestError {
  /** Set for errors of the body only, and not when it could not be decompressed (Content-Encoding). */
  type?: string
  status: number
}

function isRequestError(error: unknown): error is RequestError {
  return typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
}

/** Turns a thrown value into the refusal that the client gets. An unknown value is a defect: INTERNAL, without its text. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (isRequestError(error)) return requestRefusal(error)
  if (isDatabaseUnavailable(error)) {
    return generalRefusal('UNAVAILABLE', 'the database is not available', {
      retryAfterSeconds: 2,
      cause: error,
    })
  }
  if (isDatabaseTimeout(error)) {
    return generalRefusal('UNAVAILABLE', 'the database is too busy', { retryAfterSeconds: 2, cause: error })
  }
  if (isUnstorableText(error))
    return generalRefusal('INVALID_REQUEST', 'text must not hold NUL characters', { cause: error })
  return generalRefusal('INTERNAL', 'something went wrong on our side', { cause: error })
}

function requestRefusal(error: RequestError): Refusal {
  if (error instanceof URIError) return badlyEncodedPath()
  switch (error.type) {
    case 'entity.too.large':
      return generalRefusal('PAYLOAD_TOO_LARGE', 'the body is too large')
    case 'entity.parse.failed':
      return generalRefusal('INVALID_REQUEST', 'the body is not valid JSON', {
        details: [{ in: 'body', field: 'body', rule: 'must be valid JSON' }],
      })
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return generalRefusal('UNSUPPORTED_MEDIA_TYPE', 'the body must be UTF-8 JSON')
    default:
      if (error.status < 500) return generalRefusal('INVALID_REQUEST', 'the body could not be read')
      return generalRefusal('INTERNAL', 'something went wrong on our side', { cause: error })
  }
}

/** The refusal of a path that can't be decoded. */
export function badlyEncodedPath(): Refusal {
  return generalRefusal('INVALID_REQUEST', 'the path is not validly encoded', {
    details: [{ in: 'path', field: 'path', rule: ENCODING_RULE }],
  })
}

/** The path of a request's URL, without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

/** Whether a path has a `%` that begins no valid escape. */
export function isBadlyEncoded(url: string): boolean {
  try {
    decodeURI(pathOf(url))
    return false
  } catch {
    return true
  }
}

/** Where a refusal says nothing of its own; whoever is told to come again is told when. */
const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 429: 1, 503: 2 }

/** Writes a refusal in the shape the client asked for: ours, or RFC 9457 for `Accept: application/problem+json`. */
export function writeRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const requestId = currentTrace()?.requestId ?? String(response.getHeader('X-Request-Id') ?? '')
  const asProblem = request.headers.accept?.includes('application/problem+json') ?? false
  const body = JSON.stringify(
    asProblem
      ? {
          type: 'about:blank',
          title: refusal.code,
          status: refusal.http,
          detail: refusal.message,
          code: refusal.code,
          ...(refusal.details === undefined ? {} : { details: refusal.details }),
          requestId,
        }
      : {
          success: false,
          error: {
            code: refusal.code,
            message: refusal.message,
            details: refusal.details ?? null,
            requestId,
          },
        },
  )
  response.statusCode = refusal.http
  const retryAfterSeconds = refusal.retryAfterSeconds ?? RETRY_AFTER_SECONDS[refusal.http]
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds)
  if (refusal.http === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  response.setHeader(
    'Content-Type',
    asProblem ? 'application/problem+json' : 'application/json; charset=utf-8',
  )
  response.setHeader('Cache-Control', 'no-store')
  response.end(body)
}

const REQUEST_ID = /^x-request-id: *([A-Za-z0-9._-]{1,64}) *\r$/im

/** Answers a request that Node's parser could not read, and closes its connection. Node's own answer would have no body. */
export function refuseUnreadable(error: Error & { code?: string; rawPacket?: Buffer }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const { status, code, message } = answerToUnreadable(error.code)
  const requestId = REQUEST_ID.exec(error.rawPacket?.toString('latin1') ?? '')?.[1] ?? randomUUID()
  const body = JSON.stringify({ success: false, error: { code, message, details: null, requestId } })
  const head = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Cache-Control: no-store',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function answerToUnreadable(code: string | undefined): { status: string; code: string; message: string } {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return {
      status: '431 Request Header Fields Too Large',
      code: 'INVALID_REQUEST',
      message: 'the headers are too large',
    }
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: '408 Request Timeout', code: 'TIMEOUT', message: 'the request took too long to arrive' }
  }
  return { status: '400 Bad Request', code: 'INVALID_REQUEST', message: 'the request is not valid HTTP' }
}
