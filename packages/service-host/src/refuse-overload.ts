import type { IncomingMessage, ServerResponse } from 'node:http'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { pathOf, writeRefusal } from './http-errors.ts'
import type { Overload, Urgency } from './overload.ts'
import { isStream } from './route.ts'
import type { RouteSpec } from './route.ts'

// Within the 5 s in which all is as usual after a rush, and not all at once.
const RETRY_AFTER_MIN_SECONDS = 1
const RETRY_AFTER_MAX_SECONDS = 3

/** Refuses requests before anything is done for them. */
export interface OverloadRefusals {
  /** A route that the server has. */
  know(route: RouteSpec): void
  /** Answers a request that is too much now; false where it is not. */
  refuse(request: IncomingMessage, response: ServerResponse): boolean
}

/** Knows who is refused first by the routes it is told of. */
export function refusalsOfOverload(overload: Overload): OverloadRefusals {
  const urgent: { method: string; path: RegExp }[] = []
  const urgencyOf = (method: string, path: string): Urgency => {
    if (urgent.some((route) => route.method === method && route.path.test(path))) return 'money'
    return method === 'GET' || method === 'HEAD' ? 'read' : 'write'
  }
  return {
    know: (route) => {
      if (!isUrgent(route)) return
      const path = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
      urgent.push({ method: route.method.toUpperCase(), path })
    },
    refuse: (request, response) => {
      // The kind is found out only when it matters.
      if (!overload.isOverloaded) return false
      if (!overload.refuses(urgencyOf(request.method ?? '', pathOf(request.url ?? '')))) return false
      const spread = RETRY_AFTER_MAX_SECONDS - RETRY_AFTER_MIN_SECONDS + 1
      const retryAfterSeconds = RETRY_AFTER_MIN_SECONDS + Math.floor(Math.random() * spread)
      const message = 'too much to do right now; nothing was done for this request'
      writeRefusal(request, response, generalRefusal('UNAVAILABLE', message, { retryAfterSeconds }))
      return true
    },
  }
}

/**
 * Measures how long requests of a route wait: the function notes that one is in work, and the one that it returns that it has ended.
 * Undefined where requests wait for something else: streams and money, and with Prefer the ends of jobs.
 */
export function measureWaiting(
  overload: Overload | undefined,
  route: RouteSpec,
): ((request: IncomingMessage) => (() => void) | undefined) | undefined {
  if (overload === undefined || isUrgent(route) || isStream(route)) return undefined
  const urgency = route.method === 'get' ? 'read' : 'write'
  return (request) => (request.headers.prefer === undefined ? overload.begin(urgency) : undefined)
}

function isUrgent(route: RouteSpec): boolean {
  return route.movesMoney === true || route.auth === 'admin'
}
