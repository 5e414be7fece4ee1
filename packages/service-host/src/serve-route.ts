import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import type { Callers } from './auth.ts'
import type { Identify } from './identify-callers.ts'
import type { HttpMetrics } from './metrics.ts'
import { parseInput } from './parse-input.ts'
import type { RouteAuth, RouteSpec } from './route.ts'

/** What a handler gets: the input, checked by the route's schemas, and the caller, as the route's `auth` requires. */
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
  /** A list makes one header line of each value. */
  headers?: Readonly<Record<string, string | readonly string[]>>
}

/** Handles the requests of one route; returns undefined when it has written the response itself (events, files). */
export type RouteHandler<P, Q, B, H, C> = (
  input: RouteInput<P, Q, B, H, C>,
) => Promise<Reply | undefined> | Reply | undefined

/** Makes the Express handler of one route, which identifies the caller, checks the input, replies and counts the request. */
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
      // `close` and not `finish`, so that answers whose client has gone are counted too.
      response.once('close', () => {
        metrics.observe(route, response.statusCode, (performance.now() - began) / 1_000)
      })
      // Users are identified before their input is checked. On routes for token holders wrong input is refused first.
      const user = route.auth === 'token' ? undefined : await identify(route.auth, request)
      const input = parseInput(route, request)
      const caller = user ?? (await identify(route.auth, request, input))
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
