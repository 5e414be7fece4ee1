import { isUtf8 } from 'node:buffer'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import express from 'express'
import type { RequestHandler } from 'express'

const JSON_TYPE = /^[ \t]*application\/json[ \t]*(?:;|$)/i
// JSON between systems is UTF-8 (RFC 8259); express.json would take UTF-16 too.
const OTHER_CHARSET = /;[ \t]*charset=(?!"?utf-8"?[ \t]*(?:;|$))/i

/**
 * Reads JSON of at most `limit` (as Express writes it: `64kb`) into `request.body`; an absent body is `{}`. The route's schema says that
 * it has to be an object. http-errors.ts turns the errors of express.json into refusals.
 */
export function readJsonBody(limit: string): RequestHandler[] {
  return [
    requireJson,
    // requireJson has checked the type. The check of express.json would silently ignore a body of another type.
    express.json({ limit, strict: false, type: () => true, verify: requireUtf8 }),
    (request, _response, next) => {
      // A body of `null` is no absent one.
      if (request.body === undefined) request.body = {}
      next()
    },
  ]
}

const requireJson: RequestHandler = ({ headers }, _response, next) => {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (hasBody && !JSON_TYPE.test(headers['content-type'] ?? '')) {
    throw generalRefusal('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json')
  }
  if (hasBody && OTHER_CHARSET.test(headers['content-type'] ?? '')) {
    throw generalRefusal('UNSUPPORTED_MEDIA_TYPE', 'the body must be UTF-8 JSON')
  }
  next()
}

/** Other bytes would be read as replacement characters. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (isUtf8(body)) return
  throw generalRefusal('INVALID_REQUEST', 'body: must be UTF-8', {
    details: [{ in: 'body', field: 'body', rule: 'must be UTF-8' }],
  })
}

/** Reads at most `limit` bytes of any type into `request.body`, which is an empty Buffer where there are none. */
export function readRawBody(limit: string): RequestHandler {
  const read = express.raw({ limit, type: () => true, inflate: false })
  return (request, response, next) => {
    read(request, response, (error?: unknown) => {
      if (error === undefined && !Buffer.isBuffer(request.body)) request.body = Buffer.alloc(0)
      next(error)
    })
  }
}
