import { createServer } from 'node:http'
import type { Server } from 'node:http'
import express from 'express'
import type { Express, NextFunction, Request, Response } from 'express'
import { continueTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import type { z } from 'zod'
import type { Authenticate, Caller } from './auth.ts'
import { toRefusal, writeRefusal } from './http-errors.ts'
import type { Logger } from './logger.ts'
import type { HttpMetrics } from './metrics.ts'
import { hostRefusal } from './refusal.ts'
import type { RouteSpec } from './route.ts'

/** What a handler gets: every part checked by the route's schemas. */
export interface RouteInput<P, Q, B, H> {
  params: P
  query: Q
  body: B
  headers: H
  /** Undefined only on routes whose auth is `none` or `token`. */
  caller: Caller | undefined
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
  /** For what is not JSON: static files and pages. */
  readonly app: Express
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

/** An Express app with ids, limits, one error shape and typed routes. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  // Only the gateway talks to us, one hop away.
  app.set('trust proxy', 1)
  app.set('query parser', 'simple')
  app.use(withTrace)
  const parseJson = express.json({ limit: options.bodyLimit ?? '64kb', strict: true })
  const methodsOf = new Map<string, string[]>()
  const server = createServer(app)
  // Longer than the gateway keeps its side open (60 s), or it would send into a closing socket now and then.
  server.keepAliveTimeout = 75_000
  server.headersTimeout = 80_000
  server.requestTimeout = 30_000

  return {
    app,
    handle(route, handler) {
      const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
      methodsOf.set(path, [...(methodsOf.get(path) ?? []), route.method.toUpperCase()])
      const steps = route.body === undefined ? [] : [requireJson, parseJson]
      app[route.method](path, ...steps, (request: Request, response: Response) =>
        serve(options, route, handler, request, response),
      )
    },
    listen: (host, port) => {
      for (const [path, methods] of methodsOf) app.all(path, methodNotAllowed(methods))
      app.use(() => {
        throw hostRefusal('NOT_FOUND', 'no such path')
      })
      app.use(errorHandler(options.logger))
      return listen(server, host, port)
    },
    close: (graceMs) => close(server, graceMs),
  }
}

function withTrace(request: Request, response: Response, next: NextFunction): void {
  const trace = continueTrace({
    traceparent: request.get('traceparent'),
    requestId: request.get('x-request-id'),
  })
  response.setHeader('X-Request-Id', trace.requestId)
  runWithTrace(trace, next)
}

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  if (hasBody && !request.is('application/json')) {
    throw hostRefusal('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json')
  }
  next()
}

function methodNotAllowed(methods: readonly string[]) {
  const allow = methods.join(', ')
  return (_request: Request, response: Response): void => {
    response.setHeader('Allow', allow)
    throw hostRefusal('METHOD_NOT_ALLOWED', `allowed here: ${allow}`)
  }
}

async function serve<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, H extends z.ZodType>(
  options: HttpServerOptions,
  route: RouteSpec<P, Q, B, H>,
  handler: RouteHandler<z.output<P>, z.output<Q>, z.output<B>, z.output<H>>,
  request: Request,
  response: Response,
): Promise<void> {
  const began = performance.now()
  // Not only on success: an answer that the client no longer waited for counts too.
  response.once('close', () => {
    options.metrics.observe(route, response.statusCode, (performance.now() - began) / 1_000)
  })
  const caller = await identify(options.authenticate, route, request)
  const input = parseInput(route, request)
  const reply = await handler({ ...input, caller, request, response })
  if (reply !== undefined) write(response, reply)
}

async function identify(
  authenticate: Authenticate,
  route: { auth: RouteSpec['auth'] },
  request: Request,
): Promise<Caller | undefined> {
  if (route.auth === 'none' || route.auth === 'token') return undefined
  const caller = await authenticate(request.get('authorization'))
  if (route.auth === 'admin' && !caller.isAdmin) throw hostRefusal('FORBIDDEN', 'for admins only')
  return caller
}

/** One field that broke a rule, as `details` of INVALID_REQUEST lists it. */
export interface FieldProblem {
  in: 'path' | 'query' | 'header' | 'body'
  field: string
  rule: string
}

function parseInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, H extends z.ZodType>(
  route: RouteSpec<P, Q, B, H>,
  request: Request,
): { params: z.output<P>; query: z.output<Q>; body: z.output<B>; headers: z.output<H> } {
  const problems: FieldProblem[] = []
  const read = <S extends z.ZodType>(schema: S | undefined, value: unknown, place: FieldProblem['in']) => {
    const parsed = schema?.safeParse(value)
    if (parsed === undefined) return undefined
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) {
      const path = issue.path.join('.')
      if (issue.code !== 'unrecognized_keys')
        problems.push({ in: place, field: path || place, rule: issue.message })
      else {
        for (const key of issue.keys) {
          problems.push({
            in: place,
            field: path === '' ? key : `${path}.${key}`,
            rule: 'there is no such field',
          })
        }
      }
    }
    return undefined
  }
  const params = read(route.params, request.params, 'path')
  const query = read(route.query, request.query, 'query')
  const headers = read(route.headers, request.headers, 'header')
  const body = read(route.body, request.body ?? {}, 'body')
  if (problems.length > 0) {
    const first = problems[0]
    const text = first === undefined ? '' : `${first.field}: ${first.rule}`
    throw hostRefusal('INVALID_REQUEST', text, { details: problems })
  }
  // Sound because every part that the route has was parsed by its own schema just above; TypeScript can't follow that
  // through the optional schemas.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { params, query, body, headers } as {
    params: z.output<P>
    query: z.output<Q>
    body: z.output<B>
    headers: z.output<H>
  }
}

function write(response: Response, reply: Reply): void {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
  response.statusCode = reply.status
  if (reply.status === 204 || reply.status === 304) {
    response.end()
    return
  }
  // Not response.json: it looks the same up in the app's settings for each answer.
  const body = JSON.stringify({ success: true, data: reply.data ?? null })
  response.setHeader('Content-Type', JSON_TYPE)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

function errorHandler(logger: Logger) {
  // Express tells error handlers by their four parameters.
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const refusal = toRefusal(error)
    // Without a cause it was decided (a full room, a limit), and a crowd gets it: no failure, and no line for each.
    if (refusal.http >= 500 && refusal.cause !== undefined) {
      logger.error(
        { err: error, method: request.method, path: request.path, code: refusal.code },
        'request failed',
      )
    } else {
      logger.debug({ method: request.method, path: request.path, code: refusal.code }, 'request refused')
    }
    if (response.headersSent) {
      response.destroy()
      return
    }
    writeRefusal(request, response, refusal)
  }
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
