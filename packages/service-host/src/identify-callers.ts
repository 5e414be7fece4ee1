import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Authenticate, Callers } from './auth.ts'
import type { RouteAuth } from './route.ts'

/** The parts of a request for which its route has a schema, after the check. */
export interface ParsedInput {
  params?: unknown
  query?: unknown
  body?: unknown
}

/** Reads the queue token of a request; refuses when there is none or when it can't be a token. */
export type ReadQueueToken = (headers: IncomingHttpHeaders, input: ParsedInput) => string

/**
 * Finds out who sent a request, as the route's `auth` requires; refuses with UNAUTHENTICATED or FORBIDDEN. Only `token` uses the
 * input, because the schedule that a request names decides which cookie is read.
 */
export type Identify = <A extends RouteAuth>(
  auth: A,
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
    [A in RouteAuth]: (request: IncomingMessage, input: ParsedInput) => Promise<Callers[A]>
  } = {
    none: () => Promise.resolve(undefined),
    user: ({ headers }) => authenticate(headers.authorization),
    admin: async ({ headers }) => {
      const caller = await authenticate(headers.authorization)
      if (!caller.isAdmin) throw generalRefusal('FORBIDDEN', 'only admins may do this')
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
  return (auth, request, input = {}) => identifiers[auth](request, input)
}
