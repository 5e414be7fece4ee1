import type { HttpExchange, WireAnswer, WireRequest } from './http-exchange.ts'
import { TransportError } from './http-exchange.ts'
import type { Kind, Measurements, Step } from './measurements.ts'
import { PausesEnded } from './pauses.ts'
import type { Pauses } from './pauses.ts'
import { readAnswer } from './read-answer.ts'
import type { Expected, Reading, RefusalBody } from './read-answer.ts'

/** One request to the API, which may take several tries. */
export interface Call<T> extends Expected<T> {
  readonly step: Step
  readonly method: WireRequest['method']
  /** The part of the path behind /api/v1. */
  readonly path: string
  readonly bearer?: string | undefined
  readonly queueToken?: string | undefined
  readonly idempotencyKey?: string | undefined
  readonly body?: unknown
}

/** How a call ended, after all the tries that the system asked for. Times are ms since the epoch. */
export type Answer<T> = AnswerFacts &
  (
    | { readonly kind: 'ok'; readonly status: number; readonly data: T; readonly etag: string | undefined }
    | { readonly kind: 'refused'; readonly refusal: RefusalBody }
  )

interface AnswerFacts {
  /** When the try was sent that got this answer. */
  readonly sentAt: number
  readonly answeredAt: number
  /** An earlier try got no clear answer and may have taken effect. */
  readonly triedBefore: boolean
}

/** No usable answer came, so the caller can't go on. The call is already counted as unexpected. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** How long one call is tried again: long enough for a service to be killed, restarted and warm again. */
const PATIENCE_MS = 90_000
const TRIES_MAX = 60
/** The first wait after a broken connection, which tells no Retry-After; each further one is twice as long. */
const BACK_OFF_MS = 250
const BACK_OFF_MAX_MS = 4_000

/** Calls that finish a purchase or a visit, or look at its outcome. They go on after `shopping` has ended. */
const settling = new Set<Step>([
  'charge',
  'pay',
  'payment',
  'reservation',
  'cancel',
  'leave',
  'balance',
  'admin',
])

/** Talks to the API as a patient client does, and measures it. */
export class ApiClient {
  readonly #exchange: HttpExchange
  readonly #measurements: Measurements
  readonly #shopping: Pauses
  readonly #settling: Pauses
  readonly #idPrefix: string
  #requests = 0

  constructor(parts: {
    exchange: HttpExchange
    measurements: Measurements
    /** Pauses of fans who look for seats; they end after --max-seconds. */
    shopping: Pauses
    /** Pauses of those who pay or collect facts; they end only when the run is broken off. */
    settling: Pauses
    idPrefix: string
  }) {
    this.#exchange = parts.exchange
    this.#measurements = parts.measurements
    this.#shopping = parts.shopping
    this.#settling = parts.settling
    this.#idPrefix = parts.idPrefix
  }

  /** Throws NoAnswer where no usable answer came, and PausesEnded when its pauses have ended. */
  async call<T>(call: Call<T>): Promise<Answer<T>> {
    const pauses = settling.has(call.step) ? this.#settling : this.#shopping
    if (pauses.ended) throw new PausesEnded()
    const until = Date.now() + PATIENCE_MS
    let triedBefore = false
    for (let tries = 1; ; tries += 1) {
      const outcome: Outcome<T> = await this.#try(call, triedBefore)
      if (outcome.kind === 'answer') return outcome.answer
      triedBefore ||= outcome.mayHaveTakenEffect
      const waitMs = outcome.retryAfterMs ?? backOffMs(tries)
      if (tries >= TRIES_MAX || Date.now() + waitMs > until) {
        this.#reportUnexpected(call.step, outcome.code, `no answer after ${tries} tries`)
        throw new NoAnswer(outcome.code)
      }
      // The waits are spread, so that a crowd that was refused together does not come back together.
      await pauses.pause(waitMs * (1 + Math.random() * 0.4))
    }
  }

  async #try<T>(call: Call<T>, triedBefore: boolean): Promise<Outcome<T>> {
    const { step } = call
    const kind = call.method === 'GET' ? 'read' : 'write'
    const requestId = `${this.#idPrefix}-${(this.#requests += 1)}`
    const sentAt = Date.now()
    const began = performance.now()
    const answer = await this.#send(call, requestId)
    this.#measurements.countTry(kind, step, performance.now() - began)
    if (answer instanceof TransportError) {
      if (!['BROKEN_OFF', 'CLOSED_WHEN_IDLE'].includes(answer.code))
        this.#measurements.countUnanswered(kind, step, answer.code)
      this.#measurements.countInterruption(step, answer.code)
      return { kind: 'again', code: answer.code, retryAfterMs: undefined, mayHaveTakenEffect: true }
    }
    const reading = readEchoed(answer, requestId, call)
    if (reading.kind === 'again') {
      this.#measurements.countInterruption(step, `${reading.refusal.status} ${reading.refusal.code}`)
      if (isUnanswered(kind, reading.refusal)) {
        this.#measurements.countUnanswered(kind, step, `${reading.refusal.status} ${reading.refusal.code}`)
      }
      const { retryAfterMs, mayHaveTakenEffect } = reading
      return { kind: 'again', code: reading.refusal.code, retryAfterMs, mayHaveTakenEffect }
    }
    this.#measurements.addLatency(step, performance.now() - began)
    if (reading.kind === 'malformed') {
      this.#reportUnexpected(step, 'MALFORMED', reading.problem, requestId)
      throw new NoAnswer('MALFORMED')
    }
    const facts = { sentAt, answeredAt: Date.now(), triedBefore }
    if (reading.kind === 'refused') {
      return { kind: 'answer', answer: { kind: 'refused', refusal: reading.refusal, ...facts } }
    }
    const { etag } = answer.headers
    return {
      kind: 'answer',
      answer: { kind: 'ok', status: answer.status, data: reading.data, etag, ...facts },
    }
  }

  async #send<T>(call: Call<T>, requestId: string): Promise<WireAnswer | TransportError> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const headers: Record<string, string> = { 'X-Request-Id': requestId }
    if (call.bearer !== undefined) headers['Authorization'] = `Bearer ${call.bearer}`
    if (call.queueToken !== undefined) headers['Queue-Token'] = call.queueToken
    if (call.idempotencyKey !== undefined) headers['Idempotency-Key'] = call.idempotencyKey
    if (call.ifNoneMatch !== undefined) headers['If-None-Match'] = call.ifNoneMatch
    if (body !== undefined) {
      headers['Content-Type'] = 'application/json'
      headers['Content-Length'] = String(Buffer.byteLength(body))
    }
    try {
      return await this.#exchange.send({ method: call.method, path: `/api/v1${call.path}`, headers, body })
    } catch (error) {
      if (error instanceof TransportError) return error
      throw error
    }
  }

  #reportUnexpected(step: Step, code: string, problem: string, requestId?: string): void {
    // When the run is broken off, its open requests fail, and that says nothing about the system.
    if (!this.#settling.ended) this.#measurements.countUnexpected({ step, code, problem, requestId })
  }
}

type Outcome<T> =
  | { kind: 'answer'; answer: Answer<T> }
  | { kind: 'again'; code: string; retryAfterMs: number | undefined; mayHaveTakenEffect: boolean }

/**
 * Whether nobody has said anything to it. A service that has too much to do says so. A write is 503 where its instance was lost: then nobody
 * knows whether it was done, and the client may send it again under its key.
 */
function isUnanswered(kind: Kind, { status, message }: RefusalBody): boolean {
  if (status === 429 || message.includes('nothing was done for this request')) return false
  return kind === 'read' ? status >= 500 : status === 502 || status === 504
}

// An answer with another request's id may be another fan's answer.
function readEchoed<T>(answer: WireAnswer, requestId: string, expected: Expected<T>): Reading<T> {
  const echoed = answer.headers['x-request-id']
  if (echoed !== requestId) {
    return { kind: 'malformed', problem: `X-Request-Id came back as ${String(echoed)}` }
  }
  return readAnswer(answer, expected)
}

function backOffMs(tries: number): number {
  return Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** (tries - 1))
}
