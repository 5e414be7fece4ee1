import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Authenticate, Caller, Callers } from './auth.ts'
import type { RouteAuth, RouteSpec } from './route.ts'
import { actingRole, rolesOf } from './route-roles.ts'

/** The parts of a request for which its route has a schema, after the check. */
export interface ParsedInput {
  params?: unknown
  query?: unknown
  body?: unknown
}

/** Reads the queue token of a request; refuses when there is none or when it can't be a token. */
export type ReadQueueToken = (headers: IncomingHttpHeaders, input: ParsedInput) => string

/** The parts of a route that say who may call it. */
type Access<A extends RouteAuth = RouteAuth> = { auth: A } & Pick<RouteSpec, 'roles'>

/**
 * Finds out who sent a request, as the route requires; refuses with UNAUTHENTICATED or FORBIDDEN. Only `token` uses the
 * input, because the schedule that a request names decides which cookie is read.
 */
export type Identify = <A extends RouteAuth>(
  route: Access<A>,
  request: IncomingMessage,
  input?: ParsedInput,
) => Promise<Callers[A]>

/** Makes the function that identifies the caller of a request, for each kind of `auth`. */
export function identifyCallers(options: {
  authenticate: Authenticate
  readQueueToken?: ReadQueueToken | undefined
}): Identify {
  const { authenticate, readQueueToken } = options
  const identifiers: {
    [A in RouteAuth]: (request: IncomingMessage, input: ParsedInput, route: Access) => Promise<Callers[A]>
  } = {
    none: () => Promise.resolve(undefined),
    user: async ({ headers }, _input, route) => withReach(await authenticate(headers.authorization), route),
    admin: async ({ headers }, _input, route) => {
      const caller = withReach(await authenticate(headers.authorization), route)
      if (!caller.actsForAnybody) throw roleNeeded(route)
      return caller
    },
    token: async ({ headers }, input) => {
      if (readQueueToken === undefined) throw new Error('this service reads no queue tokens')
      const queueToken = readQueueToken(headers, input)
      const { authorization } = headers
      const userId = authorization === undefined ? undefined : (await authenticate(authorization)).userId
      return { queueToken, userId }
    },
  }
  return (route, request, input = {}) => identifiers[route.auth](request, input, route)
}

function withReach(caller: Caller, route: Pick<RouteSpec, 'roles'>): Caller {
  if (caller.actsForAnybody || actingRole(route, caller) === undefined) return caller
  return { ...caller, actsForAnybody: true }
}

function roleNeeded(route: Pick<RouteSpec, 'roles'>): Error {
  const roles = rolesOf(route)
  return generalRefusal('FORBIDDEN', `this needs the role ${roles.join(' or ')}`, { details: { roles } })
}
