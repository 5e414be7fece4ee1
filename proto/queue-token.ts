import type { IncomingHttpHeaders } from 'node:http'
import { refuse } from './refusals.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
// Room for a UUID with white space around it. A longer value is refused before it is trimmed or matched.
const VALUE_LENGTH_MAX = 64

/** Name of the cookie that carries a queue token where the header `Queue-Token` does not. */
export const QUEUE_TOKEN_COOKIE = 'tokenId'

/**
 * The queue token of a request, from the header `Queue-Token` or else its cookie, in lower case. Refuses with
 * QUEUE_TOKEN_REQUIRED where there is none and with QUEUE_TOKEN_INVALID where it can't be one.
 */
export function readQueueToken(headers: IncomingHttpHeaders): string {
  const sent = headerValue(headers) ?? cookieValue(headers.cookie)
  if (sent === undefined || sent === '') {
    throw refuse('QUEUE_TOKEN_REQUIRED', `send Queue-Token: <uuid> or the cookie ${QUEUE_TOKEN_COOKIE}`)
  }
  const value = sent.length > VALUE_LENGTH_MAX ? '' : sent.trim()
  if (!UUID.test(value)) throw refuse('QUEUE_TOKEN_INVALID', 'the queue token is not a UUID')
  return value.toLowerCase()
}

function headerValue(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['queue-token']
  const first = Array.isArray(value) ? value[0] : value
  return first === '' ? undefined : first
}

/** A browser sends several cookies of one name when they were set for different paths: the first that can be a token. */
function cookieValue(cookies: string | undefined): string | undefined {
  let first: string | undefined
  for (const cookie of cookies?.split(';') ?? []) {
    const equals = cookie.indexOf('=')
    if (equals < 0 || cookie.slice(0, equals).trim() !== QUEUE_TOKEN_COOKIE) continue
    const value = cookie.slice(equals + 1).trim()
    if (UUID.test(value)) return value
    first ??= value
  }
  return first
}
