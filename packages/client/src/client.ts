import { isObject, retryAfterSeconds, UnreadableAnswerError } from './errors.ts'
import { Exchange } from './exchange.ts'
import type { ClientOptions, LooseInit, Received } from './exchange.ts'
import { followEvents } from './follow-events.ts'
import type { FollowOptions, LooseEvent } from './follow-events.ts'
import type {
  Answer,
  AnswerOf,
  EventOf,
  EventsPath,
  InitArguments,
  InitOf,
  Method,
  PathOf,
} from './routes.ts'

/**
 * Calls a route, by its path as the API reference writes it. Resolves to every answer that is no refusal; rejects with ApiError,
 * NoAnswerError, UnreadableAnswerError, or the reason of the signal that aborted it.
 */
export type Call<M extends Method> = <P extends PathOf<M>>(
  path: P,
  ...init: InitArguments<InitOf<M, P>>
) => Promise<AnswerOf<M, P>>

/** The API, typed by its reference. A call is sent once; whether it may be sent again is for the caller to know. */
export interface Client {
  readonly GET: Call<'get'>
  readonly POST: Call<'post'>
  readonly PUT: Call<'put'>
  readonly PATCH: Call<'patch'>
  readonly DELETE: Call<'delete'>
  /**
   * Follows Server-Sent Events until the signal aborts, the loop is left, or the server says that no more will come. A connection
   * that is lost or refused for now (429, 500 and above, also by a proxy's page) is made again, with Last-Event-ID, at growing
   * intervals up to some 30 s, and `onConnection` is told. Throws ApiError and UnreadableAnswerError for every other answer. An event that this version does
   * not know comes as it is.
   */
  readonly events: <P extends EventsPath>(
    path: P,
    init: InitOf<'get', P> & FollowOptions,
  ) => AsyncGenerator<EventOf<P>, void, undefined>
}

/** Makes a client. It keeps nothing open, so it needs no end. */
export function createClient(options: ClientOptions): Client {
  const exchange = new Exchange(options)

  // The overloads are where answers get the types of the API reference: the code knows the envelope, and the reference, which is made
  // from the schemas of the services, says what is in it.
  function call<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    init: InitArguments<InitOf<M, P>>,
  ): Promise<AnswerOf<M, P>>
  async function call(method: Method, path: string, [init = {}]: [LooseInit?]): Promise<Answer> {
    return readAnswer(await exchange.call(method, path, init))
  }

  function events<P extends EventsPath>(
    path: P,
    init: InitOf<'get', P> & FollowOptions,
  ): AsyncGenerator<EventOf<P>, void, undefined>
  function events(
    path: string,
    init: LooseInit & FollowOptions,
  ): AsyncGenerator<LooseEvent, void, undefined> {
    return followEvents((lastEventId) => openStream(exchange, path, init, lastEventId), init)
  }

  return {
    GET: (path, ...init) => call('get', path, init),
    POST: (path, ...init) => call('post', path, init),
    PUT: (path, ...init) => call('put', path, init),
    PATCH: (path, ...init) => call('patch', path, init),
    DELETE: (path, ...init) => call('delete', path, init),
    events,
  }
}

async function openStream(
  exchange: Exchange,
  path: string,
  init: LooseInit,
  lastEventId: string | undefined,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const knownId = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }
  const { response } = await exchange.open(path, { ...init, headers: { ...init.headers, ...knownId } })
  if (response.status === 204) return undefined
  const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream') === true
  if (!isStream || response.body === null) throw new UnreadableAnswerError(response.status, '')
  return response.body
}

function readAnswer({ response, text = '' }: Received): Answer {
  const { status, headers } = response
  const facts = { status, headers, retryAfterSeconds: retryAfterSeconds(headers) }
  if (status === 204 || status === 304) return { ...facts, data: undefined }
  const body = parseJson(text)
  if (isObject(body) && body['success'] === true && 'data' in body) return { ...facts, data: body['data'] }
  throw new UnreadableAnswerError(status, text)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
