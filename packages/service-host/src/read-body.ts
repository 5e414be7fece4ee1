import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import bodyParser from 'body-parser'
import { generalRefusal } from '@frontrow/refusals/general-refusals'

const JSON_TYPE = /^[ \t]*application\/json[ \t]*(?:;|$)/i

/** Reads and parses the JSON body of a request; an absent one is `{}`. Refusals of it: see http-errors.ts. */
export type ReadBody = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>

/** A reader of bodies up to `limit`, as body-parser writes it: `64kb`. */
export function createReadBody(limit: string): ReadBody {
  // What is JSON is decided here, once.
  const parseJson = promisify(bodyParser.json({ limit, strict: true, type: () => true }))
  return async (request, response) => {
    requireJson(request)
    await parseJson(request, response)
    return 'body' in request ? (request.body ?? {}) : {}
  }
}

function requireJson({ headers }: IncomingMessage): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (hasBody && !JSON_TYPE.test(headers['content-type'] ?? '')) {
    throw generalRefusal('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json')
  }
}
