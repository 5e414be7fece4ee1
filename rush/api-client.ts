import type { HttpExchange, WireAnswer, WireRequest } from './http-exchange.ts'
import { TransportError } from './http-exchange.ts'
import type { Measurements, Step } from './measurements.ts'
import { PausesEnded } from './pauses.ts'
import type { Pauses } from './pauses.ts'
import { readAnswer } from './read-answer.ts'
import type { Expected, Reading, RefusalBody } from './read-answer.ts'

/** One thing to ask of the API. */
export interface Call<T> extends Expected<T> {
  readonly step: Step
  readonly method: WireRequest['method']
  /** Below /api/v1. */
  readonly path: string
  readonly bearer?: string | undefined
  readonly queueToken?: string | undefined
  readonly idempotencyKey?: string | undefined
  readonly body?: unknown
}

/** The last word on a call, after all patience that was asked for. Times are ms since the epoch. */
export type Answer<T> = AnswerFacts &
  (
    | { readonly kind: 'ok'; readonly status: number; readonly data: T; readonly etag: string | undefined }
    | { readonly kind: 'refused'; readonly refusal: RefusalBody }
  )

interface AnswerFacts {
  /** Of the try that was answered. */
  readonly sentAt: number
  readonly answeredAt: number
  /** An earlier try got no clear answer and may have taken effect. */
  readonly triedBefore: boolean
}

/** No usable answer came: the caller can't go on. It is counted already. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** Enough for a service to be killed, restarted and warm again. */
const PATIENCE_MS = 90_000
const TRIES_MAX = 60
/** Where no Retry-After came: after a broken connection. */
const BACK_OFF_MS = 250
const BACK_OFF_MAX_MS = 4_000

/** Calls that end what was begun: they go on after the shop has closed. */
const settling = new Set<Step>(['charge', 'pay', 'payment', 'reservation', 'cancel', 'balance', 'admin'])

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
    /** Ends when the shop closes. */
    shopping: Pauses
    /** Ends when the whole run is broken off. */
    settling: Pauses
    idPrefix: string
  }) {
    this.#exchange = parts.exchange
    this.#measurements = parts.measurements
    this.#shopping = parts.shopping
    this.#settling = parts.settling
    this.#idPrefix = parts.idPrefix
  }

  /** Throws NoAnswer where none came, and PausesEnded when the run is over. */
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
      // Spread, so that a crowd that was refused together does not come back together.
      await pauses.pause(waitMs * (1 + Math.random() * 0.4))
    }
  }

  async #try<T>(call: Call<T>, triedBefore: boolean): Promise<Outcome<T>> {
    const { step } = call
    const requestId = `${this.#idPrefix}-${(this.#requests += 1)}`
    const sentAt = Date.now()
    const began = performance.now()
    const answer = await this.#send(call, requestId)
    if (answer instanceof TransportError) {
      this.#measurements.countInterruption(step, answer.code)
      return { kind: 'again', code: answer.code, retryAfterMs: undefined, mayHaveTakenEffect: true }
    }
    const reading = readEchoed(answer, requestId, call)
    if (reading.kind === 'again') {
      this.#measurements.countInterruption(step, `${reading.refusal.status} ${reading.refusal.code}`)
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
    // What was broken off by the end of the run is no surprise.
    if (!this.#settling.ended) this.#measurements.countUnexpected({ step, code, problem, requestId })
  }
}

type Outcome<T> =
  | { kind: 'answer'; answer: Answer<T> }
  | { kind: 'again'; code: string; retryAfterMs: number | undefined; mayHaveTakenEffect: boolean }

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
