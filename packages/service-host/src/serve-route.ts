import type { Request, RequestHandler, Response } from 'express'
import { answerTag, matchesTag } from '@frontrow/idempotency/version-tag'
import type { Callers } from './auth.ts'
import type { Identify } from './identify-callers.ts'
import type { LogAdminWrites } from './log-admin-writes.ts'
import type { HttpMetrics } from './metrics.ts'
import type { Allowance, LimitPerson } from './person-limits.ts'
import { parseInput } from './parse-input.ts'
import type { ParsedInput, RouteSpec } from './route.ts'

/** What a handler gets: the input, checked by the route's schemas, and the caller, as the route's `auth` requires. */
export interface RouteInput<R extends RouteSpec> extends ParsedInput<R> {
  caller: Callers[R['auth']]
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
export type RouteHandler<R extends RouteSpec> = (
  input: RouteInput<R>,
) => Promise<Reply | undefined> | Reply | undefined

/** Counts and times the requests of a route, from before their body is read. `begin` hears of each as well, and what it returns of its end. */
export function observeRoute(
  metrics: HttpMetrics,
  route: RouteSpec,
  begin?: (request: Request) => () => void,
): RequestHandler {
  return (request, response, next) => {
    const began = performance.now()
    const end = begin?.(request)
    // `close` and not `finish`, so that answers whose client has gone are counted too.
    response.once('close', () => {
      end?.()
      metrics.observe(route, response.statusCode, (performance.now() - began) / 1_000)
    })
    next()
  }
}

interface ServingOptions {
  identify: Identify
  limitPerson?: LimitPerson
  logAdminWrites: LogAdminWrites
}

/** The Express handler of one route: it identifies the caller, checks the input and writes the reply. */
export function serveRoute<R extends RouteSpec>(
  route: R,
  handler: RouteHandler<R>,
  { identify, limitPerson, logAdminWrites }: ServingOptions,
): RequestHandler {
  return async (request, response) => {
    const auth: R['auth'] = route.auth
    // Users are identified before their input is checked. On routes for token holders wrong input is refused first.
    const identified = auth === 'token' ? undefined : await identify<R['auth']>(route, request)
    tellLimit(response, limitPerson?.(route, identified))
    const input = parseInput(route, request)
    const caller = identified ?? (await identify<R['auth']>(route, request, input))
    if (auth === 'token') tellLimit(response, limitPerson?.(route, caller))
    const handle = async (): Promise<Reply | undefined> => handler({ ...input, caller, request, response })
    const reply = await (route.method === 'get'
      ? handle()
      : logAdminWrites(route, { request, response }, caller, handle))
    if (reply !== undefined) write(request, response, reply)
  }
}

function tellLimit(response: Response, allowance: Allowance | undefined): void {
  if (allowance === undefined) return
  const { work, left, fullInSeconds } = allowance
  response.setHeader('RateLimit', `"${work}";r=${left};t=${fullInSeconds}`)
}

function write(request: Request, response: Response, reply: Reply): void {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
  response.statusCode = reply.status
  if (reply.status === 204 || reply.status === 304) {
    response.end()
    return
  }
  const body = JSON.stringify({ success: true, data: reply.data ?? null })
  if (isUnchanged(request, response, reply, body)) {
    response.statusCode = 304
    response.end()
    return
  }
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

/** Whether a reader has this answer already. A read that has a tag gets that of what it shows. */
function isUnchanged(request: Request, response: Response, reply: Reply, body: string): boolean {
  const version = reply.headers?.['ETag']
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead || typeof version !== 'string') return false
  const tag = answerTag(version, body)
  response.setHeader('ETag', tag)
  return matchesTag(request.headers['if-none-match'], tag)
}
