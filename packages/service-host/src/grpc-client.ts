import { setTimeout as delay } from 'node:timers/promises'
import * as grpc from '@grpc/grpc-js'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import { BreakerOpenError, createBreaker } from './breaker.ts'
import { channelCredentialsOf } from './grpc-certificates.ts'
import type { GrpcCertificates } from './grpc-certificates.ts'
import { ERROR_CODE, ERROR_DETAILS, RETRY_AFTER } from './grpc-server.ts'
import { seriesOf } from './metrics.ts'
import type { HostMetrics } from './metrics.ts'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { Refusal } from '@frontrow/refusals/refusal'
import type { RefusalKind } from '@frontrow/refusals/refusal'

/** One method of a generated client, bound. */
export type UnaryMethod<Req, Res> = (
  request: Req,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  callback: (error: grpc.ServiceError | null, value?: Res) => void,
) => grpc.ClientUnaryCall

/** Calls one method; rejects with a Refusal: the other side's, or UNAVAILABLE / TIMEOUT. */
export type UnaryCall<Req, Res> = (request: Req) => Promise<Res>

/** The call that a method of a generated client stands for: its last overload takes a request and a callback. */
export type CallOf<Method> = Method extends (
  request: infer Req,
  callback: grpc.requestCallback<infer Res>,
) => grpc.ClientUnaryCall
  ? UnaryCall<Req, Res>
  : never

/** A client of another service. */
export interface Peer<C> {
  /** A method by its name in the contract, with a deadline. `retriable`: reads only, or writes that are idempotent by their request. */
  call<M extends keyof C & string>(
    method: M,
    limits: { deadlineMs: number; retriable: boolean },
  ): CallOf<C[M]>
}

/** Calls to one other service: a channel over all its instances and one circuit breaker. */
export interface GrpcTarget {
  readonly name: string
  /** Options for the generated client's constructor. */
  readonly address: string
  readonly credentials: grpc.ChannelCredentials
  readonly channelOptions: grpc.ChannelOptions
  /** A method with a deadline. `retriable`: reads only, or writes that are idempotent by their request. */
  unary<Req, Res>(
    method: string,
    invoke: UnaryMethod<Req, Res>,
    options: { deadlineMs: number; retriable: boolean },
  ): UnaryCall<Req, Res>
  close(): void
}

const RETRY_PAUSE_MS = 25
const LATE = Symbol('late')
/** What may take longer than this is work, such as the audit's, which would only be done twice. */
const LATE_REPEAT_DEADLINE_MAX_MS = 5_000
/**
 * Repeats of late calls that are not answered first are at most a tenth of all calls, and so many at once: where all is slow, more calls would
 * make it slower. One that is answered first costs nothing, since it shows that another instance has time.
 */
const LATE_REPEATS_SHARE = 0.1
const LATE_REPEATS_MAX = 20
/** A late call is repeated as often at once: turns are taken, so of two that go out together one goes to another instance than the late one. */
const REPEATS_AT_ONCE = 2

/** Settings of one target. */
export interface GrpcTargetOptions {
  /** The service's name, for metrics and errors. */
  name: string
  /** The DNS name that the other side's certificate has to have, where there are certificates: `name` by default. */
  service?: string
  /** What this process shows and accepts; without certificates it talks to whoever is at the address. */
  certificates?: GrpcCertificates | null
  /** host:port, or dns:///host:port for several instances behind one name. */
  address: string
  metrics: HostMetrics
  /** A call that has a shorter deadline has this one; 0 by default. */
  deadlineMinMs?: number
  /** Kinds of the refusals that the other side may answer. */
  refusalKind: (code: string) => RefusalKind | undefined
}

/**
 * The breaker opens after more than half of at least 20 calls in 10 s failed and lets one through every 2 s. It counts failures to
 * answer only; a refusal is an answer.
 */
export function createGrpcTarget(options: GrpcTargetOptions): GrpcTarget {
  const { name, service = name, certificates = null, metrics, deadlineMinMs = 0 } = options
  // One breaker for all methods: they share the process on the other side, and its outage.
  const breaker = createBreaker({
    name,
    volumeThreshold: 20,
    rollingCountMs: 10_000,
    resetMs: 2_000,
    isFailure: (error) => !isAnswer(error) && !(error instanceof CalledOff),
    onState: (state) => metrics.breakerState.set({ target: name }, state === 'closed' ? 0 : 1),
  })
  metrics.breakerState.set({ target: name }, 0)
  let lateRepeats = LATE_REPEATS_MAX

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await breaker.run(work)
    } catch (error) {
      if (error instanceof BreakerOpenError) throw unavailable(name, error)
      throw error
    }
  }

  return {
    name,
    address: options.address,
    credentials: channelCredentialsOf(certificates),
    channelOptions: {
      // Its name is what a service is known by, whatever address it has.
      ...(certificates === null ? {} : { 'grpc.ssl_target_name_override': service }),
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
      // An instance that is frozen keeps its connections, so it is asked every 5 s while calls are under way. One that does not answer
      // for 5 s, or for as long as every call may take, loses its connection, and with it its share of the calls, until it goes on. That
      // is as soon as the gateway takes it out; meanwhile late calls are repeated. Sooner, a process that is only busy for 2 s would lose
      // all calls that it has in work, in the very moment in which it has too many.
      'grpc.keepalive_time_ms': 5_000,
      'grpc.keepalive_timeout_ms': Math.max(5_000, deadlineMinMs),
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
      'grpc.dns_min_time_between_resolutions_ms': 5_000,
      'grpc.enable_retries': 0,
      'grpc.enable_channelz': 0,
    },
    unary: (method, invoke, limits) => {
      const { retriable } = limits
      const deadlineMs = Math.max(limits.deadlineMs, deadlineMinMs)
      const called = seriesOf(metrics.grpcCalled, (code: string) => ({ target: name, method, code }))
      const target = { ...options, method, called, retriable }
      const callOnce = <Req, Res>(
        run: UnaryMethod<Req, Res>,
        request: Req,
        deadline: number,
        signal?: AbortSignal,
      ) => call(target, run, request, deadline, signal)
      const mayRepeatLate = (): boolean => {
        if (deadlineMs > LATE_REPEAT_DEADLINE_MAX_MS || lateRepeats < REPEATS_AT_ONCE) return false
        lateRepeats -= REPEATS_AT_ONCE
        return true
      }
      const repeatHelped = (): void => {
        lateRepeats += REPEATS_AT_ONCE
      }
      return (request) => {
        const deadline = Date.now() + deadlineMs
        const attempt = (signal?: AbortSignal) => guarded(() => callOnce(invoke, request, deadline, signal))
        if (!retriable) return attempt()
        lateRepeats = Math.min(LATE_REPEATS_MAX, lateRepeats + LATE_REPEATS_SHARE)
        const mayRepeat = (): boolean => !breaker.isOpen
        return askAgain(attempt, { deadline, deadlineMs, mayRepeat, mayRepeatLate, repeatHelped })
      }
    },
    close: () => breaker.shutdown(),
  }
}

/** Whoever asked has had an answer already. */
class CalledOff extends Error {}

/** A refusal that says what is the case, as 404 and 409 do. */
function isAnswer(error: unknown): boolean {
  return error instanceof Refusal && error.http < 500
}

/** When a call may be made again. */
interface Repeating {
  deadline: number
  deadlineMs: number
  mayRepeat: () => boolean
  mayRepeatLate: () => boolean
  /** A repeat was answered before the late call. */
  repeatHelped: () => void
}

/**
 * Asks once more where the first call lost its connection, and also where it has not been answered for half its time: the instance may be
 * frozen, and another one is asked beside it. Whichever is answered first counts, also with a refusal, and the others are called off.
 */
async function askAgain<Res>(
  attempt: (signal: AbortSignal) => Promise<Res>,
  { deadline, deadlineMs, mayRepeat, mayRepeatLate, repeatHelped }: Repeating,
): Promise<Res> {
  const answered = new AbortController()
  const first = attempt(answered.signal)
  // A timer that can be cleared costs 20 us less than one with an AbortSignal, whose error nobody wants.
  const { promise: late, resolve } = Promise.withResolvers<typeof LATE>()
  const timer = setTimeout(resolve, deadlineMs / 2, LATE)
  try {
    const answer = await Promise.race([first, late])
    if (answer !== LATE) return answer
  } catch (error) {
    // The next instance, or the same one right after its restart.
    const isLost = error instanceof Refusal && error.code === 'UNAVAILABLE'
    if (!isLost || !mayRepeat() || Date.now() + RETRY_PAUSE_MS * 2 > deadline) throw error
    await delay(RETRY_PAUSE_MS * (1 + Math.random()))
    return attempt(answered.signal)
  } finally {
    clearTimeout(timer)
  }
  if (!mayRepeat() || !mayRepeatLate()) return first
  try {
    const repeats = Array.from({ length: REPEATS_AT_ONCE }, () =>
      asAnswer(attempt(answered.signal)).then((answer) => {
        if (!answered.signal.aborted) repeatHelped()
        answered.abort()
        return answer
      }),
    )
    const answer = await Promise.any([asAnswer(first), ...repeats])
    return answer()
  } catch (error) {
    // All have failed, and the first one's reason is as good.
    if (error instanceof AggregateError) return await first
    throw error
  } finally {
    answered.abort()
  }
}

/** Settles with what to do with the answer; rejects where there was none. */
function asAnswer<Res>(asked: Promise<Res>): Promise<() => Res> {
  return asked.then(
    (value) => () => value,
    (error: unknown) => {
      if (!isAnswer(error)) throw error
      return () => {
        throw error
      }
    },
  )
}

/** A method of a target, as one call of it needs it. */
interface CalledTarget extends GrpcTargetOptions {
  method: string
  called: (code: string, seconds: number) => void
  retriable: boolean
}

function call<Req, Res>(
  options: CalledTarget,
  invoke: UnaryMethod<Req, Res>,
  request: Req,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<Res> {
  const began = performance.now()
  const observe = (code: string): void => options.called(code, (performance.now() - began) / 1_000)
  return new Promise((resolve, reject) => {
    const callOff = (): void => asked.cancel()
    const asked = invoke(request, metadataOfTrace(), { deadline }, (error, value) => {
      signal?.removeEventListener('abort', callOff)
      if (error !== null && signal?.aborted === true) {
        observe('CALLED_OFF')
        reject(new CalledOff())
      } else if (error !== null) {
        const refusal = toRefusal(options, error)
        observe(refusal.code)
        reject(refusal)
      } else if (value === undefined) {
        reject(new Error(`${options.name}.${options.method} answered nothing`))
      } else {
        observe('OK')
        resolve(value)
      }
    })
    signal?.addEventListener('abort', callOff, { once: true })
  })
}

function unavailable(name: string, cause: Error, message = `the ${name} service is not available`): Refusal {
  return generalRefusal('UNAVAILABLE', message, { retryAfterSeconds: 2, cause })
}

function metadataOfTrace(): grpc.Metadata {
  const metadata = new grpc.Metadata()
  const trace = currentTrace()
  if (trace !== undefined) {
    metadata.set('traceparent', trace.traceparent)
    metadata.set('x-request-id', trace.requestId)
  }
  return metadata
}

function toRefusal(
  options: Pick<CalledTarget, 'name' | 'refusalKind' | 'retriable'>,
  error: grpc.ServiceError,
): Refusal {
  const code = firstText(error.metadata, ERROR_CODE)
  const kind = code === undefined ? undefined : options.refusalKind(code)
  if (code !== undefined && kind !== undefined) {
    const details = firstText(error.metadata, ERROR_DETAILS)
    const retryAfter = firstText(error.metadata, RETRY_AFTER)
    return new Refusal(code, kind, error.details, {
      ...(details === undefined ? {} : { details: parseDetails(details) }),
      retryAfterSeconds: retryAfter === undefined ? undefined : Number(retryAfter),
      cause: error,
    })
  }
  if (error.code === grpc.status.DEADLINE_EXCEEDED) {
    const message = `the ${options.name} service did not answer in time`
    // What may be asked twice may be asked again by who waits for it. Of anything else nobody knows whether it was done.
    if (options.retriable) return unavailable(options.name, error, message)
    return generalRefusal('TIMEOUT', message, { cause: error })
  }
  return unavailable(options.name, error)
}

function parseDetails(encoded: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(encoded))
  } catch {
    // Details are an extra; a refusal with unreadable ones still is that refusal.
    return encoded
  }
}

function firstText(metadata: grpc.Metadata | undefined, key: string): string | undefined {
  const value = metadata?.get(key)[0]
  return typeof value === 'string' ? value : undefined
}
