import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Authenticate, Callers } from './auth.ts'
import type { RouteAuth } from './route.ts'

/** Reads the queue token of a request; refuses where there is none or where it can't be one. */
export type ReadQueueToken = (headers: IncomingHttpHeaders) => string

/** Who asks, as a route's `auth` wants it; refuses with UNAUTHENTICATED or FORBIDDEN. */
export type Identify = <A extends RouteAuth>(auth: A, request: IncomingMessage) => Promise<Callers[A]>

/** How each kind of `auth` is met. */
export function identifyCallers(options: {
  authenticate: Authenticate
  readQueueToken?: ReadQueueToken | undefined
}): Identify {
  const { authenticate, readQueueToken } = options
  const identifiers: { [A in RouteAuth]: (request: IncomingMessage) => Promise<Callers[A]> } = {
    none: () => Promise.resolve(undefined),
    user: ({ headers }) => authenticate(headers.authorization),
    admin: async ({ headers }) => {
      const caller = await authenticate(headers.authorization)
      if (!caller.isAdmin) throw generalRefusal('FORBIDDEN', 'for admins only')
      return caller
    },
    token: async ({ headers }) => {
      if (readQueueToken === undefined) throw new Error('this service reads no queue tokens')
      const queueToken = readQueueToken(headers)
      const { authorization } = headers
      const userId = authorization === undefined ? undefined : (await authenticate(authorization)).userId
      return { queueToken, userId }
    },
  }
  return (auth, request) => identifiers[auth](request)
}
