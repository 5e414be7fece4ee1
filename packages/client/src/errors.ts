import type { components } from './gen/openapi.ts'

/** The codes that the API refuses with. A newer server may know more, so a switch over them needs a default. */
export type RefusalCode = components['schemas']['RefusalCode']

/** The body of a refusal, as the API reference has it. */
type Failure = components['schemas']['Failure']

/** The API has answered, and the answer is no. */
export class ApiError extends Error {
  override name = 'ApiError'
  /** HTTP status, 400 to 599. */
  readonly status: number
  readonly code: RefusalCode
  /** Depends on the code; null where there is no more to say. Whoever uses it checks its shape. */
  readonly details: unknown
  /** Finds the request in the logs of the services. */
  readonly requestId: string
  /** Seconds to wait before the request is sent again; undefined where the answer has no Retry-After. */
  readonly retryAfterSeconds: number | undefined

  /** `message` is for people, in English; its words may change. */
  constructor(status: number, { code, message, details, requestId }: Failure['error'], headers: Headers) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
    this.requestId = requestId
    this.retryAfterSeconds = retryAfterSeconds(headers)
  }
}

/**
 * No whole answer came: whether the request took effect is unknown. `network` is a connection that was not made or broke
 * (`cause` is what the platform says), `deadline` is a call that took longer than its `timeoutMs`.
 */
export class NoAnswerError extends Error {
  override name = 'NoAnswerError'
  readonly reason: 'network' | 'deadline'

  constructor(reason: 'network' | 'deadline', options: { cause?: unknown } = {}) {
    super(reason === 'network' ? 'no connection to the API' : 'no answer in time', options)
    this.reason = reason
  }
}

/** An answer came that this API does not give, such as the page of a proxy: whether the request took effect is unknown. */
export class UnreadableAnswerError extends Error {
  override name = 'UnreadableAnswerError'
  readonly status: number
  /** How the answer begins; 200 characters at most. */
  readonly beginning: string

  constructor(status: number, text: string) {
    super(`an answer with status ${status} that is not one of the API`)
    this.status = status
    this.beginning = text.slice(0, 200)
  }
}

/** Seconds of a Retry-After header, which may also be a date; undefined where there is none, or none that can be read. */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const text = headers.get('Retry-After')
  if (text === null) return undefined
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1_000)
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}

/** The error that an answer with a failing status tells of; `body` is its JSON, or the text of what is none. */
export function readFailure(response: Response, body: unknown): ApiError | UnreadableAnswerError {
  const { status, headers } = response
  if (isFailure(body)) return new ApiError(status, body.error, headers)
  return new UnreadableAnswerError(status, typeof body === 'string' ? body : JSON.stringify(body ?? ''))
}

function isFailure(body: unknown): body is Failure {
  if (!isObject(body) || body['success'] !== false || !isObject(body['error'])) return false
  const { code, message, requestId } = body['error']
  return typeof code === 'string' && typeof message === 'string' && typeof requestId === 'string'
}

/** Whether a value of JSON is an object, whose fields can then be looked at. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
