import { createParser } from 'eventsource-parser'
import type { EventSourceMessage } from 'eventsource-parser'
import { ApiError, NoAnswerError, UnreadableAnswerError } from './errors.ts'
import { pause } from './pause.ts'

/** Whether events are coming, or when the next try to get them is made. */
export type Connection = { state: 'open' } | { state: 'lost'; retryInMs: number }

/** How a route's events are followed. */
export interface FollowOptions {
  /** Ends the following, quietly: the loop over the events is over. */
  signal: AbortSignal
  /** The `id` of the last event that is known already, such as from before a reload. */
  lastEventId?: string | undefined
  /** Called each time that a connection begins to answer or was lost. */
  onConnection?: ((connection: Connection) => void) | undefined
}

/** One event as it came, its data read as JSON. */
export interface LooseEvent {
  event: string
  id?: string | undefined
  data: unknown
}

/** Opens one connection, after the event with that id; undefined where the server says that no more events will come. */
export type Connect = (lastEventId: string | undefined) => Promise<ReadableStream<Uint8Array> | undefined>

// Servers send a comment every 15 s, so a connection that brings nothing for three of them is dead.
const SILENCE_MAX_MS = 45_000
const RETRY_MS = 2_000
// A server may ask for less, such as 0, and a connection that ends at once must not be made again without a pause.
const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 30_000

/** The events of one connection after the other. See `events` in client.ts. */
export async function* followEvents(
  connect: Connect,
  { signal, lastEventId, onConnection }: FollowOptions,
): AsyncGenerator<LooseEvent, void, undefined> {
  let knownId = lastEventId
  let retryMs = RETRY_MS
  let failures = 0
  while (!signal.aborted) {
    let askedToWaitMs = 0
    try {
      const body = await connect(knownId)
      if (body === undefined) return
      onConnection?.({ state: 'open' })
      for await (const message of readEvents(body, (ms) => (retryMs = Math.max(RETRY_MIN_MS, ms)))) {
        failures = 0
        knownId = message.id ?? knownId
        yield { ...message, event: message.event ?? 'message', data: parseData(message.data) }
      }
    } catch (error) {
      if (signal.aborted) return
      askedToWaitMs = waitBeforeRetry(error)
    }
    const backOffMs = Math.min(RETRY_MAX_MS, retryMs * 2 ** failures)
    failures += 1
    // The waits are spread, so that a crowd that lost its connections together does not come back together.
    const retryInMs = Math.round(Math.max(backOffMs, askedToWaitMs) * (1 + Math.random() * 0.4))
    if (!signal.aborted) onConnection?.({ state: 'lost', retryInMs })
    await pause(retryInMs, signal)
  }
}

/** The wait that a lost connection asks for, in milliseconds; throws what no other try would mend. */
function waitBeforeRetry(error: unknown): number {
  if (error instanceof NoAnswerError) return 0
  // A proxy in front of the API says with a page of its own that nobody is behind it just now.
  const isAnswer = error instanceof ApiError || error instanceof UnreadableAnswerError
  if (!isAnswer || (error.status !== 429 && error.status < 500)) throw error
  return error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0
}

async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onRetry: (ms: number) => void,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const messages: EventSourceMessage[] = []
  const parser = createParser({ onRetry, onEvent: (message) => messages.push(message) })
  try {
    for (;;) {
      const { done, value } = await readBeforeSilence(reader)
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield* messages.splice(0)
    }
  } finally {
    // It closes the connection of a reader that stops early; where that is broken already there is nothing to close.
    await reader.cancel().catch(() => undefined)
  }
}

async function readBeforeSilence(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new NoAnswerError('deadline')), SILENCE_MAX_MS)
  try {
    return await Promise.race([reader.read(), silence])
  } catch (error) {
    throw error instanceof NoAnswerError ? error : new NoAnswerError('network', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreadableAnswerError(200, text)
  }
}
