import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'

/** What ties one user action together across HTTP, gRPC, SQL rows and Kafka messages. */
export interface TraceContext {
  /** `X-Request-Id` of the request that started it; users quote it to support. */
  readonly requestId: string
  /** W3C Trace Context header value, version 00. */
  readonly traceparent: string
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

const storage = new AsyncLocalStorage<TraceContext | undefined>()

/** The context of the running request or message, if there is one. */
export function currentTrace(): TraceContext | undefined {
  return storage.getStore()
}

/** Runs `fn` so that everything it awaits sees `trace`. */
export function runWithTrace<T>(trace: TraceContext, fn: () => T): T {
  return storage.run(trace, fn)
}

/** Runs `fn` without a trace, because many requests share its work. */
export function runWithoutTrace<T>(fn: () => T): T {
  return storage.run(undefined, fn)
}

/**
 * Takes over the ids that came with a request or message, or makes new ones. A malformed id is replaced, because both
 * ids end up in logs. The span part is always new, so that each process shows as its own span.
 */
export function continueTrace(incoming: {
  traceparent?: string | undefined
  requestId?: string | undefined
}): TraceContext {
  const { requestId } = incoming
  const isValid = requestId !== undefined && REQUEST_ID.test(requestId)
  return new ContinuedTrace(isValid ? requestId : randomUUID(), incoming.traceparent)
}

/** Makes its `traceparent` on first use: a poll writes nothing and calls no service, so it never needs one. */
class ContinuedTrace implements TraceContext {
  readonly requestId: string
  readonly #incoming: string | undefined
  #traceparent: string | undefined

  constructor(requestId: string, incoming: string | undefined) {
    this.requestId = requestId
    this.#incoming = incoming
  }

  get traceparent(): string {
    if (this.#traceparent === undefined) {
      const parsed = TRACEPARENT.exec(this.#incoming ?? '')
      const traceId = parsed?.[1] ?? randomHex()
      this.#traceparent = `00-${traceId}-${randomHex().slice(16)}-${parsed?.[3] ?? '01'}`
    }
    return this.#traceparent
  }
}

/** The 32 hex digits that logs carry as `traceId`. */
export function traceIdOf(trace: TraceContext): string {
  return trace.traceparent.slice(3, 35)
}

// randomUUID takes its 122 random bits from a pool that Node keeps. It costs a twentieth of randomBytes, which was 2 % of
// the cost of a poll.
function randomHex(): string {
  return randomUUID().replaceAll('-', '')
}
