import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { parse as parseQuery } from 'node:querystring'
import { continueTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import createRouter from 'find-my-way'
import type { z } from 'zod'
import type { Authenticate, Caller } from './auth.ts'
import { refuseUnreadable, toRefusal, writeRefusal } from './http-errors.ts'
import type { Logger } from './logger.ts'
import type { HttpMetrics } from './metrics.ts'
import { parseInput } from './parse-input.ts'
import { createReadBody } from './read-body.ts'
import type { ReadBody } from './read-body.ts'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { RouteSpec } from './route.ts'

/** What a handler gets: every part checked by the route's schemas. */
export interface RouteInput<P, Q, B, H> {
  params: P
  query: Q
  body: B
  headers: H
  /** Undefined only on routes whose auth is `none` or `token`. */
  caller: Caller | undefined
  request: IncomingMessage
  response: ServerResponse
}

/** A JSON answer; `data` is put into the success envelope. 204 and 304 have no body. */
export interface Reply {
  status: number
  data?: unknown
  headers?: Readonly<Record<string, string>>
}

/** Answers one route; undefined means that it wrote the response itself (events, files). */
export type RouteHandler<P, Q, B, H> = (
  input: RouteInput<P, Q, B, H>,
) => Promise<Reply | undefined> | Reply | undefined

/** The REST side of one service. */
export interface HttpServer {
  /** Adds a route. */
  handle<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, H extends z.ZodType>(
    route: RouteSpec<P, Q, B, H>,
    handler: RouteHandler<z.output<P>, z.output<Q>, z.output<B>, z.output<H>>,
  ): void
  /** Adds what has no page in the API reference: that reference itself, and its files. Answers until its promise ends. */
  page(
    path: string,
    answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
  ): void
  /** Starts to listen and returns the port. */
  listen(host: string, port: number): Promise<number>
  /** Stops taking connections, lets requests in work end (up to `graceMs`), closes the rest. */
  close(graceMs: number): Promise<void>
}

/** What the server needs of its service. */
export interface HttpServerOptions {
  authenticate: Authenticate
  logger: Logger
  metrics: HttpMetrics
  bodyLimit?: string
}

const CLOSE_IDLE_EVERY_MS = 100
const JSON_TYPE = 'application/json; charset=utf-8'
const EVENT_STREAM = 'text/event-stream'
// What the gateway passes on at most, and some of its own.
const HEADERS_MAX = 40_960
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
// As long as Node takes a request line. With find-my-way's default of 100 too long an id would be no path of ours, not a broken rule.
const PATH_PART_MAX = 16_384

type Router = ReturnType<typeof createPaths>

/** An HTTP server with ids, limits, one error shape and typed routes. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const router = createPaths()
  const means = { ...options, readBody: createReadBody(options.bodyLimit ?? '64kb') }
  const inWork = new WeakMap<Duplex, ServerResponse>()
  const server = createServer({ maxHeaderSize: HEADERS_MAX }, (request, response) => {
    const trace = continueTrace({
      traceparent: headerOf(request, 'traceparent'),
      requestId: headerOf(request, 'x-request-id'),
    })
    response.setHeader('X-Request-Id', trace.requestId)
    inWork.set(request.socket, response)
    void runWithTrace(trace, () => answer(options.logger, router, request, response))
  })
  server.on('clientError', (error, socket) => {
    const response = inWork.get(socket)
    // In the middle of an answer there is no place for another one.
    if (response?.headersSent === true && !response.writableEnded) socket.destroy()
    else refuseUnreadable(error, socket)
  })
  // Longer than the gateway keeps its side open (60 s), or it would send into a closing socket now and then.
  server.keepAliveTimeout = 75_000
  server.headersTimeout = 80_000
  server.requestTimeout = 30_000

  return {
    handle(route, handler) {
      const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
      const method = METHODS.find((one) => one === route.method.toUpperCase())
      if (method === undefined) throw new Error(`no such method: ${route.method}`)
      // A stream has no end: the gateway would take the connection of a HEAD for a free one, and the next visitor would wait on it.
      const isStream = Object.values(route.responses).some(({ contentType }) => contentType === EVENT_STREAM)
      router.on(
        method === 'GET' && !isStream ? ['GET', 'HEAD'] : method,
        path,
        (request, response, params, _store, query) =>
          serve(means, route, handler, { request, response, params, query }),
      )
    },
    page(path, answerPage) {
      router.on(['GET', 'HEAD'], path, (request, response) => answerPage(request, response))
    },
    listen: (host, port) => listen(server, host, port),
    close: (graceMs) => close(server, graceMs),
  }
}

function createPaths() {
  return createRouter({
    ignoreTrailingSlash: true,
    maxParamLength: PATH_PART_MAX,
    querystringParser: parseQuery,
  })
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Never fails: what goes wrong is told to the client and, where it is our fault, to the log. */
async function answer(
  logger: Logger,
  router: Router,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = request.url ?? '/'
    const found = findRoute(router, request.method, url)
    if (found === null) throw noRoute(router, url, response)
    await found.handler(request, response, found.params, undefined, found.searchParams)
  } catch (error) {
    refuseRequest(logger, error, request, response)
  }
}

function findRoute(router: Router, method: string | undefined, url: string) {
  const known = METHODS.find((one) => one === method)
  const found = known === undefined ? null : router.find(known, url)
  // An empty part, as in /reservations//cancel, is nobody's id.
  return found === null || Object.values(found.params).includes('') ? null : found
}

function noRoute(router: Router, url: string, response: ServerResponse): Error {
  if (isBadlyEncoded(url)) return generalRefusal('INVALID_REQUEST', 'the path is not validly encoded')
  const others = METHODS.filter((method) => method !== 'HEAD' && findRoute(router, method, url) !== null)
  if (others.length === 0) return generalRefusal('NOT_FOUND', 'no such path')
  const allow = others.join(', ')
  response.setHeader('Allow', allow)
  return generalRefusal('METHOD_NOT_ALLOWED', `allowed here: ${allow}`)
}

function isBadlyEncoded(url: string): boolean {
  try {
    decodeURI(pathOf(url))
    return false
  } catch {
    return true
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

async function serve<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, H extends z.ZodType>(
  options: HttpServerOptions & { readBody: ReadBody },
  route: RouteSpec<P, Q, B, H>,
  handler: RouteHandler<z.output<P>, z.output<Q>, z.output<B>, z.output<H>>,
  came: { request: IncomingMessage; response: ServerResponse; params: unknown; query: unknown },
): Promise<void> {
  const { request, response, params, query } = came
  const began = performance.now()
  // Not only on success: an answer that the client no longer waited for counts too.
  response.once('close', () => {
    options.metrics.observe(route, response.statusCode, (performance.now() - began) / 1_000)
  })
  const body = route.body === undefined ? {} : await options.readBody(request, response)
  const caller = await identify(options.authenticate, route, request)
  const input = parseInput(route, { params, query, headers: request.headers, body })
  const reply = await handler({ ...input, caller, request, response })
  if (reply !== undefined) write(response, reply)
}

async function identify(
  authenticate: Authenticate,
  route: { auth: RouteSpec['auth'] },
  request: IncomingMessage,
): Promise<Caller | undefined> {
  if (route.auth === 'none' || route.auth === 'token') return undefined
  const caller = await authenticate(request.headers.authorization)
  if (route.auth === 'admin' && !caller.isAdmin) throw generalRefusal('FORBIDDEN', 'for admins only')
  return caller
}

function write(response: ServerResponse, reply: Reply): void {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
  response.statusCode = reply.status
  if (reply.status === 204 || reply.status === 304) {
    response.end()
    return
  }
  const body = JSON.stringify({ success: true, data: reply.data ?? null })
  response.setHeader('Content-Type', JSON_TYPE)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

function refuseRequest(
  logger: Logger,
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const refusal = toRefusal(error)
  const path = pathOf(request.url ?? '')
  // Without a cause it was decided (a full room, a limit), and a crowd gets it: no failure, and no line for each.
  if (refusal.http >= 500 && refusal.cause !== undefined) {
    logger.error({ err: error, method: request.method, path, code: refusal.code }, 'request failed')
  } else {
    logger.debug({ method: request.method, path, code: refusal.code }, 'request refused')
  }
  if (response.headersSent) {
    response.destroy()
    return
  }
  writeRefusal(request, response, refusal)
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/**
 * The gateway keeps its connections and would go on using them: each answer from now on says that its connection ends
 * with it, and those that fall idle are closed.
 */
function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const hard = setTimeout(() => server.closeAllConnections(), graceMs)
    const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS)
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'))
    server.close(() => {
      clearTimeout(hard)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}
