import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Authenticate, Callers } from './auth.ts'
import type { RouteAuth } from './route.ts'

/** Reads the queue token of a request; refuses when there is none or when it can't be a token. */
export type ReadQueueToken = (headers: IncomingHttpHeaders) => string

/** Finds out who sent a request, as the route's `auth` requires; refuses with UNAUTHENTICATED or FORBIDDEN. */
export type Identify = <A extends RouteAuth>(auth: A, request: IncomingMessage) => Promise<Callers[A]>

/** Makes the function that identifies the caller of a request, for each kind of `auth`. */
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
      if (!caller.isAdmin) throw generalRefusal('FORBIDDEN', 'only admins may do this')
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
