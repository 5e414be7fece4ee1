import createFetchClient from 'openapi-fetch'
import { NoAnswerError, readFailure } from './errors.ts'
import type { CallOptions, Method } from './routes.ts'

/** How to reach the API. */
export interface ClientOptions {
  /** The gateway, e.g. `https://tickets.example`; empty in a page that the gateway serves. */
  baseUrl: string
  /** The bearer token of now; undefined where nobody is signed in. It is asked for before each call. */
  token?: () => string | undefined | Promise<string | undefined>
  /** How long a call may take, in milliseconds, where it does not say so itself; 25 s by default. */
  timeoutMs?: number
  /** Whether cookies are sent; `same-origin` by default, as fetch does. */
  credentials?: NonNullable<RequestInit['credentials']>
}

type Fields = Record<string, unknown>

interface LooseParameters {
  path?: Fields
  query?: Fields
  header?: Fields
}

/** What the typed arguments of every route come down to. */
export interface LooseInit extends CallOptions {
  params?: LooseParameters | undefined
  body?: unknown
}

/** A good answer: 2xx or 304. */
export interface Received {
  response: Response
  /** The body; undefined where there is none, and where it is left to be read from `response.body`. */
  text: string | undefined
}

// The gateway gives up after 20 s on all but a few paths and says so in JSON, which is heard before this.
const TIMEOUT_MS = 25_000

// The types of openapi-fetch know nothing of the envelope, so routes.ts has those that callers see, and these take everything.
interface LooseOperation {
  parameters: LooseParameters
  requestBody?: { content: { 'application/json': unknown } }
  responses: Record<number, { content: { 'application/json': unknown } }>
}

/** Sends one request a call, with the caller's token and a deadline. */
export class Exchange {
  readonly #options: ClientOptions
  readonly #sender

  constructor(options: ClientOptions) {
    const { baseUrl, credentials } = options
    this.#options = options
    this.#sender = createFetchClient<Record<string, Record<Method, LooseOperation>>>({
      baseUrl,
      ...(credentials === undefined ? {} : { credentials }),
    })
  }

  /** Reads the whole body. Rejects as `Call` in client.ts says. */
  call(method: Method, path: string, init: LooseInit): Promise<Received> {
    return this.#send(method, path, init, 'text')
  }

  /** Returns as soon as the answer begins; from then on only `init.signal` ends it. Rejects alike. */
  open(path: string, init: LooseInit): Promise<Received> {
    return this.#send('get', path, init, 'stream')
  }

  async #send(method: Method, path: string, init: LooseInit, parseAs: 'text' | 'stream'): Promise<Received> {
    const { response, data, error } = await this.#beforeDeadline(init, async (signal, onSent) => {
      const headers = await this.#headers(init, signal)
      const { params = {}, body } = init
      const send = (request: Request): Promise<Response> => {
        onSent()
        return fetch(request)
      }
      return this.#sender.request(method, path, { params, body, headers, signal, parseAs, fetch: send })
    })
    if (!response.ok && response.status !== 304) throw readFailure(response, error)
    return { response, text: typeof data === 'string' ? data : undefined }
  }

  /** Says of everything that goes wrong between the sending and the end of the answer that no answer came. */
  async #beforeDeadline<T>(
    { signal: callers, timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS }: LooseInit,
    work: (signal: AbortSignal, onSent: () => void) => Promise<T>,
  ): Promise<T> {
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(new NoAnswerError('deadline')), timeoutMs)
    const signal = callers === undefined ? deadline.signal : AbortSignal.any([callers, deadline.signal])
    let isSent = false
    try {
      return await work(signal, () => (isSent = true))
    } catch (error) {
      if (signal.aborted) throw signal.reason
      // Before it is sent, only the token or an argument that no request can have is to blame.
      if (!isSent) throw error
      throw new NoAnswerError('network', { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }

  async #headers(init: LooseInit, signal: AbortSignal): Promise<Record<string, string>> {
    const { queueToken, headers = {} } = init
    const bearer = await untilAborted(this.#options.token?.(), signal)
    return {
      ...headers,
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(queueToken === undefined ? {} : { 'Queue-Token': queueToken }),
    }
  }
}

/** Waits for `value`; rejects with the signal's reason where that is first. */
async function untilAborted<T>(value: T | Promise<T>, signal: AbortSignal): Promise<T> {
  if (!(value instanceof Promise)) return value
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([value, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
