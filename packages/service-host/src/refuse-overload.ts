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

/** A route that a request may be of. */
interface KnownRoute {
  method: string
  path: RegExp
  /** Whose waits such requests are judged by. */
  measuredAs: string | undefined
  urgency: Urgency
}

/** Knows who is refused first by the routes it is told of. */
export function refusalsOfOverload(overload: Overload): OverloadRefusals {
  const routes: KnownRoute[] = []
  const find = (request: IncomingMessage): Pick<KnownRoute, 'urgency' | 'measuredAs'> => {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const path = pathOf(request.url ?? '')
    const known = routes.find((route) => route.method === method && route.path.test(path))
    return known ?? { urgency: method === 'GET' ? 'read' : 'write', measuredAs: undefined }
  }
  return {
    know: (route) => {
      routes.push({
        method: route.method.toUpperCase(),
        path: patternOf(route.path),
        measuredAs: measuredAsOf(route),
        urgency: urgencyOf(route),
      })
    },
    refuse: (request, response) => {
      // The route is found out only when it matters.
      if (!overload.isOverloaded) return false
      const { urgency, measuredAs } = find(request)
      if (!overload.refuses(urgency, measuredAs)) return false
      const spread = RETRY_AFTER_MAX_SECONDS - RETRY_AFTER_MIN_SECONDS + 1
      const retryAfterSeconds = RETRY_AFTER_MIN_SECONDS + Math.floor(Math.random() * spread)
      const message = 'too much to do right now; nothing was done for this request'
      writeRefusal(request, response, generalRefusal('UNAVAILABLE', message, { retryAfterSeconds }))
      return true
    },
  }
}

/**
 * Notes the requests of a route that are in work: the function notes the begin of one, and the one that it returns its end. What waits by
 * its nature is in work, and its time says nothing: money for others, and who asks for a job for its end. A stream is no work at all.
 */
export function measureWaiting(
  overload: Overload | undefined,
  route: RouteSpec,
): (() => () => void) | undefined {
  if (overload === undefined || isStream(route)) return undefined
  const measuredAs = measuredAsOf(route)
  return () => overload.begin(measuredAs)
}

/** What Express takes for this path: also with a slash at its end. */
function patternOf(path: string): RegExp {
  const literals = path.split(/\{\w+\}/).map((literal) => literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${literals.join('[^/]+')}/?$`)
}

function urgencyOf(route: RouteSpec): Urgency {
  if (route.movesMoney === true || route.auth === 'admin') return 'money'
  return route.method === 'get' ? 'read' : 'write'
}

function measuredAsOf(route: RouteSpec): string | undefined {
  const isMeasured = urgencyOf(route) !== 'money' && !isStream(route) && route.waits !== true
  return isMeasured ? route.operationId : undefined
}
