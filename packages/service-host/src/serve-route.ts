import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import type { Callers } from './auth.ts'
import type { Identify } from './identify-callers.ts'
import type { HttpMetrics } from './metrics.ts'
import { parseInput } from './parse-input.ts'
import type { RouteAuth, RouteSpec } from './route.ts'

/** What a handler gets: every part checked by the route's schemas, and who asks, as the route's `auth` decides. */
export interface RouteInput<P, Q, B, H, C> {
  params: P
  query: Q
  body: B
  headers: H
  caller: C
  request: Request
  response: Response
}

/** A JSON answer; `data` is put into the success envelope. 204 and 304 have no body. */
export interface Reply {
  status: number
  data?: unknown
  headers?: Readonly<Record<string, string>>
}

/** Answers one route; undefined means that it wrote the response itself (events, files). */
export type RouteHandler<P, Q, B, H, C> = (
  input: RouteInput<P, Q, B, H, C>,
) => Promise<Reply | undefined> | Reply | undefined

/** Makes the Express handler of one route: who asks, what they ask, the answer, and its metrics. */
export function createServe(metrics: HttpMetrics, identify: Identify) {
  return <
      P extends z.ZodType,
      Q extends z.ZodType,
      B extends z.ZodType,
      H extends z.ZodType,
      A extends RouteAuth,
    >(
      route: RouteSpec<P, Q, B, H, A>,
      handler: RouteHandler<z.output<P>, z.output<Q>, z.output<B>, z.output<H>, Callers[A]>,
    ): RequestHandler =>
    async (request, response) => {
      const began = performance.now()
      // At the close and not at the end: an answer that the client no longer waited for counts too.
      response.once('close', () => {
        metrics.observe(route, response.statusCode, (performance.now() - began) / 1_000)
      })
      // Users are known before their input is looked at; what is wrong with an open route is told without a token.
      const user = route.auth === 'token' ? undefined : await identify(route.auth, request)
      const input = parseInput(route, request)
      const caller = user ?? (await identify(route.auth, request))
      const reply = await handler({ ...input, caller, request, response })
      if (reply !== undefined) write(response, reply)
    }
}

function write(response: Response, reply: Reply): void {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
  response.statusCode = reply.status
  if (reply.status === 204 || reply.status === 304) {
    response.end()
    return
  }
  const body = JSON.stringify({ success: true, data: reply.data ?? null })
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}
