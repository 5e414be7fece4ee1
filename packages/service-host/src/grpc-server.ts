import * as grpc from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import { continueTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import type { z } from 'zod'
import { onlyFor } from './grpc-callers.ts'
import type { Callers, OnRefused } from './grpc-callers.ts'
import { serverCredentialsOf } from './grpc-certificates.ts'
import type { GrpcCertificates } from './grpc-certificates.ts'
import { toRefusal } from './http-errors.ts'
import type { Logger } from './logger.ts'
import { seriesOf } from './metrics.ts'
import type { HostMetrics } from './metrics.ts'
import { RequestFailures } from './request-failures.ts'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Refusal } from '@frontrow/refusals/refusal'

/** The gRPC side of one service. */
export interface GrpcServer {
  /** Adds a service. Where callers have certificates, only those in `callers` may call a method; it names each method. */
  add(definition: grpc.ServiceDefinition, callers: Callers, handlers: grpc.UntypedServiceImplementation): void
  listen(host: string, port: number): Promise<number>
  /** Tells health watchers and probes that this instance is stopping. */
  markStopping(): void
  close(graceMs: number): Promise<void>
}

/** Trailing metadata of a refusal: the code of `refusals` and its details as JSON. */
export const ERROR_CODE = 'x-error-code'
export const ERROR_DETAILS = 'x-error-details'
export const RETRY_AFTER = 'x-retry-after-seconds'

/** How a server knows its callers. */
export interface GrpcServerOptions {
  /** Without certificates it asks nobody who they are, and answers everybody. */
  certificates: GrpcCertificates | null
  onRefused: OnRefused
}

const OPEN: GrpcServerOptions = { certificates: null, onRefused: () => undefined }

/**
 * A server that closes dead connections, and answers grpc.health.v1 to everybody; with certificates, to everybody who has one of the
 * same authority.
 */
export function createGrpcServer({ certificates, onRefused }: GrpcServerOptions = OPEN): GrpcServer {
  const server = new grpc.Server({
    'grpc.max_connection_age_ms': 300_000,
    'grpc.max_connection_age_grace_ms': 10_000,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.max_receive_message_length': 1_048_576,
    // It counts each call for a debugging service that is not served.
    'grpc.enable_channelz': 0,
  })
  const health = new HealthImplementation({ '': 'SERVING' })
  health.addToServer(server)
  return {
    add(definition, callers, handlers) {
      const guarded = Object.entries(handlers).map(([method, handler]) => {
        const allowed = callers[method]
        const form = definition[method]
        if (allowed === undefined) throw new Error(`who may call ${method} is not said`)
        if (form === undefined || form.requestStream || form.responseStream) {
          throw new Error(`${method} is not one request and one answer`)
        }
        return [method, certificates === null ? handler : onlyFor(allowed, method, handler, onRefused)]
      })
      server.addService(definition, Object.fromEntries(guarded))
    },
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.bindAsync(`${host}:${port}`, serverCredentialsOf(certificates), (error, bound) => {
          if (error === null) resolve(bound)
          else reject(error)
        })
      }),
    markStopping: () => health.setStatus('', 'NOT_SERVING'),
    close: (graceMs) => close(server, graceMs),
  }
}

// tryShutdown waits for every open stream, which may be for ever, so a timer forces the shutdown.
function close(server: grpc.Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, graceMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/**
 * Wraps one unary method: checks its request by `schema`, carries the caller's trace, and turns refusals into a status
 * with their code in the trailing metadata. Anything else is INTERNAL without its text.
 */
export function unaryHandler<Req, Res, S extends z.ZodType>(
  host: { logger: Logger; metrics: HostMetrics },
  method: string,
  schema: S,
  handle: (request: z.output<S>) => Promise<Res>,
): grpc.handleUnaryCall<Req, Res> {
  const failures = new RequestFailures(host.logger, 'gRPC call failed')
  const served = seriesOf(host.metrics.grpcServed, (code: string) => ({ method, code }))
  return (call, callback) => {
    const began = performance.now()
    const observe = (code: string): void => served(code, (performance.now() - began) / 1_000)
    const trace = continueTrace({
      traceparent: firstText(call.metadata, 'traceparent'),
      requestId: firstText(call.metadata, 'x-request-id'),
    })
    // Not awaited, because the function calls back in every case and never rejects.
    void runWithTrace(trace, async () => {
      try {
        const parsed = schema.safeParse(call.request)
        if (!parsed.success) throw invalidRequest(parsed.error)
        const response = await handle(parsed.data)
        observe('OK')
        callback(null, response)
      } catch (error) {
        const refusal = toRefusal(error)
        failures.failed(error, refusal, { method })
        observe(refusal.code)
        callback(toStatus(refusal))
      }
    })
  }
}

function invalidRequest(error: z.ZodError): Refusal {
  const problems = error.issues.map((issue) => ({
    in: 'body',
    field: issue.path.join('.'),
    rule: issue.message,
  }))
  return generalRefusal(
    'INVALID_REQUEST',
    problems.map(({ field, rule }) => `${field}: ${rule}`).join('; '),
    {
      details: problems,
    },
  )
}

function toStatus(refusal: Refusal): Partial<grpc.StatusObject> {
  const metadata = new grpc.Metadata()
  metadata.set(ERROR_CODE, refusal.code)
  if (refusal.details !== undefined)
    metadata.set(ERROR_DETAILS, encodeURIComponent(JSON.stringify(refusal.details)))
  if (refusal.retryAfterSeconds !== undefined) metadata.set(RETRY_AFTER, String(refusal.retryAfterSeconds))
  return { code: grpc.status[refusal.grpc], details: refusal.message, metadata }
}

function firstText(metadata: grpc.Metadata, key: string): string | undefined {
  const value = metadata.get(key)[0]
  return typeof value === 'string' ? value : undefined
}
