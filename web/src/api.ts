import { createClient } from '@frontrow/client/client'
import { ApiError } from '@frontrow/client/errors'
import { serverClock } from './clock.ts'
import { accessToken } from './sign-in.ts'

/** The API behind the same gateway as the pages. It sends the token of whoever is signed in; the place in line goes by cookie. */
export const api = createClient({ baseUrl: '', token: accessToken, timeoutMs: 20_000 })

/** Takes the data of an answer, and the server's time from its header. */
export function dataOf<T>({ data, headers }: { data: T; headers: Headers }): T {
  serverClock.learnDate(headers)
  return data
}

/** The data of a read that has an ETag. The browser asks with that of its copy by itself, and hands out the copy where nothing changed. */
export function present<T>(data: T | undefined): T {
  if (data === undefined) throw new Error('what nobody asked about conditionally came without a body')
  return data
}

/** Whether the API said no with this code. */
export function isRefusal(error: unknown, ...codes: readonly string[]): error is ApiError {
  return error instanceof ApiError && codes.includes(error.code)
}

const AGAIN_CODES: readonly string[] = [
  'UNAVAILABLE',
  'TIMEOUT',
  'RATE_LIMITED',
  'IDEMPOTENCY_IN_PROGRESS',
  'INTERNAL',
]

/** Whether the same request may well be answered otherwise in a moment: nothing came, or the API said to come again. */
export function isWorthRepeating(error: unknown): boolean {
  return !(error instanceof ApiError) || AGAIN_CODES.includes(error.code)
}

/** How long to wait before try number `tries` (from 0): what the server asked for, at most a minute, or twice as long each time, at most 20 s. */
export function repeatAfterMs(tries: number, error: unknown): number {
  const asked = error instanceof ApiError ? Math.min(60, error.retryAfterSeconds ?? 0) * 1_000 : 0
  return Math.max(asked, Math.min(20_000, 1_000 * 2 ** tries))
}
