import type { IncomingMessage, ServerResponse } from 'node:http'
import bodyParser from 'body-parser'
import { hostRefusal } from './refusal.ts'

const JSON_TYPE = /^[ \t]*application\/json[ \t]*(?:;|$)/i

/** Reads and parses the JSON body of a request; an absent one is `{}`. Refusals of it: see http-errors.ts. */
export type ReadBody = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>

/** A reader of bodies up to `limit`, as body-parser writes it: `64kb`. */
export function createReadBody(limit: string): ReadBody {
  // What is JSON is decided here, once.
  const parseJson = bodyParser.json({ limit, strict: true, type: () => true })
  return (request, response) => {
    requireJson(request)
    return new Promise((resolve, reject) => {
      parseJson(request, response, (error?: unknown) => {
        if (error === undefined) resolve('body' in request ? (request.body ?? {}) : {})
        // What is not an Error says its status all the same.
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        else reject(error)
      })
    })
  }
}

function requireJson({ headers }: IncomingMessage): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (hasBody && !JSON_TYPE.test(headers['content-type'] ?? '')) {
    throw hostRefusal('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json')
  }
}
