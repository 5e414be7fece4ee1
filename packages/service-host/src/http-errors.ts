import type { IncomingMessage, ServerResponse } from 'node:http'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import { isDatabaseTimeout, isDatabaseUnavailable, isUnstorableText } from '@frontrow/postgres/errors'
import { hostRefusal, Refusal } from './refusal.ts'

interface BodyParserError {
  /** Missing where the body could not be unpacked (Content-Encoding). */
  type?: string
  status: number
}

function isBodyParserError(error: unknown): error is BodyParserError {
  return typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
}

/** What a thrown value means to a client. Unknown values are defects: INTERNAL, without their text. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (isBodyParserError(error)) return bodyRefusal(error)
  if (isDatabaseUnavailable(error)) {
    return hostRefusal('UNAVAILABLE', 'the database is not available', { retryAfterSeconds: 2, cause: error })
  }
  if (isDatabaseTimeout(error)) {
    return hostRefusal('UNAVAILABLE', 'the database is too busy', { retryAfterSeconds: 2, cause: error })
  }
  if (isUnstorableText(error))
    return hostRefusal('INVALID_REQUEST', 'text must not hold NUL characters', { cause: error })
  return hostRefusal('INTERNAL', 'something went wrong on our side', { cause: error })
}

function bodyRefusal(error: BodyParserError): Refusal {
  switch (error.type) {
    case 'entity.too.large':
      return hostRefusal('PAYLOAD_TOO_LARGE', 'the body is too large')
    case 'entity.parse.failed':
      return hostRefusal('INVALID_REQUEST', 'the body is not valid JSON', {
        details: [{ in: 'body', field: 'body', rule: 'must be valid JSON' }],
      })
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return hostRefusal('UNSUPPORTED_MEDIA_TYPE', 'the body must be UTF-8 JSON')
    default:
      if (error.status < 500) return hostRefusal('INVALID_REQUEST', 'the body could not be read')
      return hostRefusal('INTERNAL', 'something went wrong on our side', { cause: error })
  }
}

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
  if (refusal.retryAfterSeconds !== undefined) response.setHeader('Retry-After', refusal.retryAfterSeconds)
  if (refusal.http === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  response.setHeader(
    'Content-Type',
    asProblem ? 'application/problem+json' : 'application/json; charset=utf-8',
  )
  response.setHeader('Cache-Control', 'no-store')
  response.end(body)
}
