import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import type { Logger } from './logger.ts'

/** One thing that must work before a service can serve; null when it does, else what is wrong. */
export type ReadinessCheck = () => Promise<string | null>

/** The port for operators: health and metrics, never reachable through the gateway except /health. */
export interface OpsServer {
  listen(host: string, port: number): Promise<number>
  /** From now on /health/ready answers 503, so that load balancers send no more requests here. */
  markStopping(): void
  isReady(): Promise<boolean>
  close(): Promise<void>
}

/** What the ops server reports on. */
export interface OpsServerOptions {
  registry: Registry
  logger: Logger
  checks: Readonly<Record<string, ReadinessCheck>>
  /** More paths, e.g. the whole system's health; each returns its status and JSON. */
  pages?: Readonly<Record<string, () => Promise<{ status: number; body: object }>>>
}

const CHECK_TIMEOUT_MS = 1_500

/** A small HTTP server of its own, so that health is answered while the API is saturated. */
export function createOpsServer(options: OpsServerOptions): OpsServer {
  let stopping = false
  const findProblems = async (): Promise<Record<string, string>> => {
    const problems: Record<string, string> = stopping ? { process: 'stopping' } : {}
    await Promise.all(
      Object.entries(options.checks).map(async ([name, check]) => {
        const problem = await runCheck(check)
        if (problem !== null) problems[name] = problem
      }),
    )
    return problems
  }
  const answer = async (path: string): Promise<{ status: number; body: object | string }> => {
    if (path === '/health/live') return { status: 200, body: { status: 'live' } }
    if (path === '/health' || path === '/health/ready') {
      const problems = await findProblems()
      const ready = Object.keys(problems).length === 0
      return { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not ready', problems } }
    }
    if (path === '/metrics') return { status: 200, body: await options.registry.metrics() }
    const page = options.pages?.[path]
    return page === undefined ? { status: 404, body: { error: 'no such path' } } : page()
  }
  const server = createServer((request, response) => {
    respond(options, answer, request, response).catch((error: unknown) => {
      options.logger.error({ err: error }, 'the ops server could not answer')
      response.statusCode = 500
      response.end()
    })
  })
  return {
    listen: (host, port) => listen(server, host, port),
    markStopping: () => {
      stopping = true
    },
    isReady: async () => Object.keys(await findProblems()).length === 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function respond(
  options: OpsServerOptions,
  answer: (path: string) => Promise<{ status: number; body: object | string }>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = await answer(new URL(request.url ?? '/', 'http://ops').pathname)
  const isText = typeof body === 'string'
  response.statusCode = status
  if (status === 503) response.setHeader('Retry-After', '2')
  response.setHeader(
    'Content-Type',
    isText ? options.registry.contentType : 'application/json; charset=utf-8',
  )
  response.end(isText ? body : JSON.stringify(body))
}

async function runCheck(check: ReadinessCheck): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS)
  })
  try {
    return await Promise.race([check(), timeout])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
