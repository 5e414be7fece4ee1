import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { continueTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import express from 'express'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import type { Authenticate } from './auth.ts'
import {
  badlyEncodedPath,
  isBadlyEncoded,
  pathOf,
  refuseUnreadable,
  toRefusal,
  writeRefusal,
} from './http-errors.ts'
import { identifyCallers } from './identify-callers.ts'
import type { ReadQueueToken } from './identify-callers.ts'
import type { LogAdminWrites } from './log-admin-writes.ts'
import type { Logger } from './logger.ts'
import type { HttpMetrics } from './metrics.ts'
import type { LimitPerson } from './person-limits.ts'
import { readJsonBody, readRawBody } from './read-json-body.ts'
import type { Overload } from './overload.ts'
import { listenWidely } from './listen-widely.ts'
import type { WideListening } from './listen-widely.ts'
import { measureWaiting, refusalsOfOverload } from './refuse-overload.ts'
import { readQuery } from './read-query.ts'
import { RequestFailures } from './request-failures.ts'
import { isStream } from './route.ts'
import type { RouteSpec } from './route.ts'
import { observeRoute, serveRoute } from './serve-route.ts'
import type { RouteHandler } from './serve-route.ts'

/** The REST side of one service. */
export interface HttpServer {
  /** Adds a route. Express tries routes in the order they were added, so add those that a crowd asks for first. */
  handle<R extends RouteSpec>(route: R, handler: RouteHandler<R>): void
  /** Adds a GET route that the API reference doesn't list: the reference itself and its files. */
  page(path: string, answer: RequestHandler): void
  /** Starts to listen and returns the port. Routes are added before. */
  listen(host: string, port: number): Promise<number>
  /** Takes no new connections, lets running requests end for up to `graceMs`, then closes the rest. */
  close(graceMs: number): Promise<void>
}

/** What the server needs of its service. */
export interface HttpServerOptions {
  authenticate: Authenticate
  /** Needed where a route's auth is `token`. */
  readQueueToken?: ReadQueueToken | undefined
  /** Refuses what is too much for one person; without it nothing is. */
  limitPerson?: LimitPerson
  /** Runs handlers; what admins write is logged by it. */
  logAdminWrites: LogAdminWrites
  logger: Logger
  metrics: HttpMetrics
  /** Without it nothing is refused for being too much. */
  overload?: Overload
  /** The largest body, as Express writes it; 64kb by default. */
  bodyLimit?: string
}

const CLOSE_IDLE_EVERY_MS = 100
// The largest headers that the gateway passes on, and room for those it adds.
const HEADERS_MAX = 40_960

/** An Express application with ids, limits, one error shape and typed routes. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const app = createApp()
  const identify = identifyCallers(options)
  const readBody = readJsonBody(options.bodyLimit ?? '64kb')
  const methodsOf = new Map<string, Set<string>>()
  const addMethod = (path: string, method: string): void => {
    methodsOf.set(path, (methodsOf.get(path) ?? new Set()).add(method.toUpperCase()))
  }
  const { overload } = options
  const refusals = overload === undefined ? undefined : refusalsOfOverload(overload)
  const server = createNodeServer((request, response) => {
    if (refusals?.refuse(request, response) !== true) void app(request, response)
  })
  let listening: WideListening | undefined
  return {
    handle(route, handler) {
      refusals?.know(route)
      const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
      if (route.auth === 'token' && options.readQueueToken === undefined) {
        throw new Error(`${path} is for holders of queue tokens, which this service does not read`)
      }
      addMethod(path, route.method)
      app[route.method](
        path,
        observeRoute(options.metrics, route, measureWaiting(overload, route)),
        ...(isStream(route) ? [refuseHead] : []),
        ...(route.body === undefined ? [] : readBody),
        ...(route.rawBody === undefined ? [] : [readRawBody(route.rawBody.limit)]),
        serveRoute(route, handler, { ...options, identify }),
      )
    },
    page(path, answer) {
      addMethod(path, 'GET')
      app.get(path, answer)
    },
    async listen(host, port) {
      for (const [path, methods] of methodsOf) app.all(path, collectAllowed(methods))
      app.use(refuseUnknown)
      app.use(answerError(options.logger))
      listening = await listenWidely(server, host, port)
      return listening.port
    },
    close: (graceMs) => close(server, listening, graceMs),
  }
}

function createApp(): Express {
  const app = express()
  app.disable('x-powered-by')
  app.enable('case sensitive routing')
  app.set('query parser', readQuery)
  return app
}

function createNodeServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const currentResponse = new WeakMap<Duplex, ServerResponse>()
  const server = createServer({ maxHeaderSize: HEADERS_MAX }, (request, response) => {
    const trace = continueTrace({
      traceparent: headerOf(request, 'traceparent'),
      requestId: headerOf(request, 'x-request-id'),
    })
    response.setHeader('X-Request-Id', trace.requestId)
    currentResponse.set(request.socket, response)
    runWithTrace(trace, () => answer(request, response))
  })
  server.on('clientError', (error, socket) => {
    const response = currentResponse.get(socket)
    // When an answer has begun, a second one would end up in the middle of it.
    if (response?.headersSent === true && !response.writableEnded) socket.destroy()
    else refuseUnreadable(error, socket)
  })
  // Longer than the gateway keeps idle connections (60 s). Otherwise it would now and then send a request into a
  // connection that is closing.
  server.keepAliveTimeout = 75_000
  server.headersTimeout = 80_000
  server.requestTimeout = 30_000
  return server
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

// A HEAD of a stream would not end either, but the gateway would take its connection for a free one, and the next visitor
// would wait on it.
function refuseHead(request: Request, response: Response, next: NextFunction): void {
  if (request.method === 'HEAD') throw methodNotAllowed(response, ['GET'])
  next()
}

/** Runs after all routes, so a request that gets here has a known path and a method that the path doesn't take. */
function collectAllowed(methods: ReadonlySet<string>) {
  return (_request: Request, response: Response<unknown, { allow?: string[] }>, next: NextFunction): void => {
    response.locals.allow = [...(response.locals.allow ?? []), ...methods]
    next()
  }
}

function refuseUnknown(request: Request, response: Response<unknown, { allow?: string[] }>): void {
  const { allow } = response.locals
  if (allow !== undefined) throw methodNotAllowed(response, allow)
  if (isBadlyEncoded(request.url)) throw badlyEncodedPath()
  throw generalRefusal('NOT_FOUND', 'no such path')
}

function methodNotAllowed(response: Response, methods: readonly string[]): Error {
  const allow = [...new Set(methods)].join(', ')
  response.setHeader('Allow', allow)
  return generalRefusal('METHOD_NOT_ALLOWED', `allowed here: ${allow}`)
}

/** Answers a failed request, and logs it when we are at fault. Express knows an error handler by its four parameters. */
function answerError(logger: Logger) {
  const failures = new RequestFailures(logger, 'request failed')
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const refusal = toRefusal(error)
    failures.failed(error, refusal, { method: request.method, path: pathOf(request.url) })
    if (response.headersSent) response.destroy()
    else writeRefusal(request, response, refusal)
  }
}

/**
 * The gateway would go on using its open connections, so each answer from now on carries `Connection: close`, and
 * connections that fall idle are closed.
 */
async function close(server: Server, listening: WideListening | undefined, graceMs: number): Promise<void> {
  const forceCloseTimer = setTimeout(() => server.closeAllConnections(), graceMs)
  const closeIdleTimer = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS)
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'))
  try {
    const closing = listening?.close()
    server.closeIdleConnections()
    await closing
  } finally {
    clearTimeout(forceCloseTimer)
    clearInterval(closeIdleTimer)
  }
}
