import { fairnessAnswer, refusalAnswer } from './answers.ts'
import type { FairnessAnswer } from './answers.ts'
import { FairnessProblem } from './fairness-problem.ts'
import type { AskPage } from './read-room.ts'

/** A limit on what is read of one answer. A page of 1,000 entries takes some 250 kB. */
const BODY_BYTES_MAX = 4_000_000
/** How often one page is asked for again after 429 or 503. */
const WAITS_MAX = 10
const WAIT_MAX_MS = 30_000
const DEFAULT_WAIT_MS = 1_000
const SHOWN_CHARS = 160

/** How the system is asked. */
export interface SystemAccess {
  readonly url: string
  readonly scheduleId: number
  /** Until the last byte of one answer. */
  readonly deadlineMs: number
  readonly pause: (ms: number) => Promise<void>
}

interface WireAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly location: string | null
  readonly text: string
}

/** Asks the one public address for pages. Throws FairnessProblem where the answer is not as docs/fairness.md promises. */
export function askSystem(access: SystemAccess): AskPage {
  const address = `${access.url}/api/v1/queue/schedules/${access.scheduleId}/fairness`
  return async (from) => {
    for (let waits = 0; ; waits += 1) {
      const answer = await fetchPage(`${address}?from=${from}`, access)
      if (answer.status !== 429 && answer.status !== 503) return readAnswer(answer, address)
      if (waits >= WAITS_MAX) {
        throw new FairnessProblem(`${address} still answers ${answer.status} after ${WAITS_MAX} waits`)
      }
      await access.pause(waitMs(answer.retryAfter, Date.now()))
    }
  }
}

/** How long to wait by a Retry-After, which is in seconds or a date. */
export function waitMs(retryAfter: string | null, nowMs: number): number {
  const value = retryAfter?.trim() ?? ''
  if (value === '') return DEFAULT_WAIT_MS
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs
  return Number.isNaN(ms) ? DEFAULT_WAIT_MS : Math.min(Math.max(ms, 0), WAIT_MAX_MS)
}

async function fetchPage(address: string, { url, deadlineMs }: SystemAccess): Promise<WireAnswer> {
  try {
    const response = await fetch(address, {
      // A browser asks again for what it has kept: it may be of a log from before a restore.
      cache: 'no-cache',
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    })
    const { status, headers } = response
    const text = await readText(response.body, address)
    return { status, retryAfter: headers.get('retry-after'), location: headers.get('location'), text }
  } catch (error) {
    if (error instanceof FairnessProblem || !isError(error)) throw error
    const reason = error.name === 'TimeoutError' ? `within ${deadlineMs} ms` : `(${causeOf(error)})`
    throw new FairnessProblem(
      `no answer from ${url} ${reason}: is it running there? --url says where to ask`,
      {
        cause: error,
      },
    )
  }
}

async function readText(body: ReadableStream<Uint8Array> | null, address: string): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let bytes = 0
  let text = ''
  // Not every browser can loop over a stream.
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.byteLength
    if (bytes > BODY_BYTES_MAX) {
      // What else it sends is not waited for.
      await reader.cancel().catch(() => undefined)
      throw new FairnessProblem(`${address} answers more than ${BODY_BYTES_MAX} bytes`)
    }
    text += decoder.decode(value, { stream: true })
  }
  return text + decoder.decode()
}

/** Whether something thrown has a name and a message. It may come from another realm, as in tests, and not every browser has Error.isError. */
function isError(thrown: unknown): thrown is Error {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown
}

/** The reason why fetch failed, which is in its cause. */
function causeOf(error: Error): string {
  const { cause } = error
  if (!isError(cause)) return error.message
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

function readAnswer({ status, location, text }: WireAnswer, address: string): FairnessAnswer {
  const body = parseJson(text)
  if (status !== 200) {
    const refusal = refusalAnswer.safeParse(body)
    const reason = quoted(
      refusal.success ? `${refusal.data.error.code}: ${refusal.data.error.message}` : text,
    )
    throw new FairnessProblem(
      `${address} answers ${status}${location === null ? '' : ` to ${quoted(location)}`}, ${reason}`,
    )
  }
  const answer = fairnessAnswer.safeParse(body)
  if (answer.success) return answer.data.data
  const [issue] = answer.error.issues
  const where = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.')
  throw new FairnessProblem(
    `${address} does not answer as promised: ${where}: ${issue?.message}; ${quoted(text)}`,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Quotes the beginning of a text, so that no escape codes of an answer reach the terminal. */
const quoted = (text: string): string => JSON.stringify(text.slice(0, SHOWN_CHARS))
