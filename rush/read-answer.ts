import { z } from 'zod'
import type { WireAnswer } from './http-exchange.ts'

/** A refusal in the shape that the contract promises. */
export interface RefusalBody {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details: unknown
  readonly requestId: string
}

/** What an answer means to the one who asked. */
export type Reading<T> =
  | { readonly kind: 'ok'; readonly data: T }
  | { readonly kind: 'refused'; readonly refusal: RefusalBody }
  /** The system asks to send the request again after that time, with the same key. */
  | {
      readonly kind: 'again'
      readonly refusal: RefusalBody
      readonly retryAfterMs: number
      readonly mayHaveTakenEffect: boolean
    }
  /** The contract allows no such answer. */
  | { readonly kind: 'malformed'; readonly problem: string }

/** How to read the data of a success. */
export interface Expected<T> {
  readonly schema: z.ZodType<T>
  /** Returns the data that is known under an ETag, so that a large body is not parsed again. */
  readonly reuse?: ((etag: string) => T | undefined) | undefined
  readonly ifNoneMatch?: string | undefined
}

const failure = z.object({
  success: z.literal(false),
  error: z.object({
    code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
    message: z.string(),
    details: z.unknown(),
    requestId: z.string().min(1),
  }),
})
const success = z.object({ success: z.literal(true), data: z.unknown() })

const RETRY_AFTER_MAX_SECONDS = 30
const DEFAULT_RETRY_MS = 1_000

/** Reads an answer by the contract: its envelope, its code, and whether the request is to be sent again. */
export function readAnswer<T>(answer: WireAnswer, expected: Expected<T>): Reading<T> {
  if (answer.status === 204) return readData(undefined, expected.schema)
  if (answer.status === 304) return readNotModified(expected)
  if (answer.status >= 400) return readFailure(answer)
  if (answer.status < 200 || answer.status >= 300) return malformed(`status ${answer.status}`)
  const known = answer.headers.etag === undefined ? undefined : expected.reuse?.(answer.headers.etag)
  if (known !== undefined) return { kind: 'ok', data: known }
  const body = success.safeParse(parseJson(answer))
  if (!body.success)
    return malformed(`status ${answer.status} without {"success":true,"data":…}: ${beginningOf(answer)}`)
  return readData(body.data.data, expected.schema)
}

function readNotModified<T>(expected: Expected<T>): Reading<T> {
  const known = expected.ifNoneMatch === undefined ? undefined : expected.reuse?.(expected.ifNoneMatch)
  return known === undefined
    ? malformed('304 to a request that could not be answered so')
    : { kind: 'ok', data: known }
}

function readData<T>(data: unknown, schema: z.ZodType<T>): Reading<T> {
  const parsed = schema.safeParse(data)
  if (parsed.success) return { kind: 'ok', data: parsed.data }
  const [issue] = parsed.error.issues
  return malformed(`data.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`)
}

function readFailure<T>(answer: WireAnswer): Reading<T> {
  const body = failure.safeParse(parseJson(answer))
  if (!body.success)
    return malformed(`status ${answer.status} without the failure shape: ${beginningOf(answer)}`)
  const { error } = body.data
  const refusal = { status: answer.status, ...error }
  const retryAfter = answer.headers['retry-after']
  if ((answer.status === 503 || answer.status === 429) && retryAfter === undefined) {
    return malformed(`${answer.status} ${error.code} without Retry-After`)
  }
  const notNow = answer.status === 429 || (answer.status >= 502 && answer.status <= 504)
  if (!notNow && error.code !== 'IDEMPOTENCY_IN_PROGRESS') return { kind: 'refused', refusal }
  const seconds = Number(retryAfter)
  return {
    kind: 'again',
    refusal,
    retryAfterMs:
      Number.isFinite(seconds) && retryAfter !== undefined
        ? Math.min(Math.max(seconds, 0), RETRY_AFTER_MAX_SECONDS) * 1_000
        : DEFAULT_RETRY_MS,
    // A gateway that lost its connection to the service can't tell whether the service had done the work.
    mayHaveTakenEffect: answer.status >= 502,
  }
}

function parseJson(answer: WireAnswer): unknown {
  try {
    return JSON.parse(answer.text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const malformed = (problem: string): { kind: 'malformed'; problem: string } => ({
  kind: 'malformed',
  problem,
})

const beginningOf = (answer: WireAnswer): string => JSON.stringify(answer.text.slice(0, 80))
