import type { IncomingHttpHeaders } from 'node:http'
import { refuse } from './refusals.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
// Room for a UUID with white space around it. A longer value is refused before it is trimmed or matched.
const VALUE_LENGTH_MAX = 64

/** Name of the cookie that carries the latest queue token of a browser. It is read when there is no header `Queue-Token`. */
export const QUEUE_TOKEN_COOKIE = 'tokenId'

/** Name of the cookie that carries the queue token of one schedule, so that one browser can stand in several lines. */
export function scheduleCookie(scheduleId: number): string {
  return `${QUEUE_TOKEN_COOKIE}_${scheduleId}`
}

/**
 * The queue token of a request, in lower case: from the header `Queue-Token`, or else from the cookie of the schedule, or else
 * from the cookie of the latest token. Refuses with QUEUE_TOKEN_REQUIRED when there is none and with QUEUE_TOKEN_INVALID when it
 * can't be one.
 */
export function readQueueToken(headers: IncomingHttpHeaders, scheduleId?: number): string {
  const names = [...(scheduleId === undefined ? [] : [scheduleCookie(scheduleId)]), QUEUE_TOKEN_COOKIE]
  const sent = headerValue(headers) ?? cookieValue(headers.cookie, names)
  if (sent === undefined || sent === '') {
    throw refuse('QUEUE_TOKEN_REQUIRED', `send Queue-Token: <uuid> or the cookie ${QUEUE_TOKEN_COOKIE}`)
  }
  const value = sent.length > VALUE_LENGTH_MAX ? '' : sent.trim()
  if (!UUID.test(value)) throw refuse('QUEUE_TOKEN_INVALID', 'the queue token is not a UUID')
  return value.toLowerCase()
}

/** Does the same for the schedule that a request names in its path, its query or its body. */
export function readRequestsQueueToken(
  headers: IncomingHttpHeaders,
  input: { params?: unknown; query?: unknown; body?: unknown },
): string {
  return readQueueToken(headers, idIn(input.params) ?? idIn(input.query) ?? idIn(input.body))
}

/** Names of the cookies that a browser should forget when it gives a token up. Cookies that carry another token are kept. */
export function cookiesWith(token: string, headers: IncomingHttpHeaders, scheduleId: number): string[] {
  return [scheduleCookie(scheduleId), QUEUE_TOKEN_COOKIE].filter((name) => {
    const sent = cookieValue(headers.cookie, [name])
    return sent === undefined || sent.toLowerCase() === token
  })
}

function idIn(part: unknown): number | undefined {
  if (typeof part !== 'object' || part === null || !('scheduleId' in part)) return undefined
  return typeof part.scheduleId === 'number' ? part.scheduleId : undefined
}

function headerValue(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['queue-token']
  const first = Array.isArray(value) ? value[0] : value
  return first === '' ? undefined : first
}

/**
 * The first value that can be a token, in the order of the names. A browser sends several cookies of one name when they were set
 * for different paths. Without such a value: the first one, which is refused.
 */
function cookieValue(cookies: string | undefined, names: readonly string[]): string | undefined {
  if (cookies === undefined) return undefined
  const values = names.flatMap((name) => valuesOf(cookies, name))
  return values.find((value) => UUID.test(value)) ?? values[0]
}

function valuesOf(cookies: string, wanted: string): string[] {
  return cookies.split(';').flatMap((cookie) => {
    const equals = cookie.indexOf('=')
    const isWanted = equals >= 0 && cookie.slice(0, equals).trim() === wanted
    return isWanted ? [cookie.slice(equals + 1).trim()] : []
  })
}
