import type { paths } from './gen/openapi.ts'

/** Methods of the API, as the API reference writes them. */
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** The paths that have this method, as the API reference writes them: `/api/v1/reservations/{reservationId}`. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: object } ? P : never
}[keyof paths]

type Operation<M extends Method, P extends PathOf<M>> = paths[P][M]

/** The body that a route takes; never where it takes none. */
export type BodyOf<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { requestBody: { content: { 'application/json': infer Sent } } } ? Sent : never

/** What differs from call to call and is no part of the API reference. */
export interface CallOptions {
  /** Aborts the call, which then throws the signal's reason. */
  signal?: AbortSignal | undefined
  /** How long the call may take in all, in milliseconds. The audit, and a job with a long `wait`, may take longer than the default. */
  timeoutMs?: number | undefined
  /** The place in the waiting room. Browsers send it as a cookie also without this. */
  queueToken?: string | undefined
  /** Further headers, such as X-Request-Id. */
  headers?: Readonly<Record<string, string>> | undefined
}

type Parameters<O> = O extends { parameters: infer P } ? Needed<P> : never
/** The places that have parameters; a place that has none is `never` in the generated types. */
type Needed<P> = { [K in keyof P as [NonNullable<P[K]>] extends [never] ? never : K]: P[K] }
type Body<B> = [B] extends [never] ? { body?: never } : { body: B }

/** The arguments of a route. */
export type InitOf<M extends Method, P extends PathOf<M>> = CallOptions &
  ({} extends Parameters<Operation<M, P>>
    ? { params?: Parameters<Operation<M, P>> }
    : { params: Parameters<Operation<M, P>> }) &
  Body<BodyOf<M, P>>

/** `init` may be left out where the route needs nothing. */
export type InitArguments<Init> = {} extends Init ? [init?: Init] : [init: Init]

/** An answer that is no refusal. */
export interface Answer<Status extends number = number, Data = unknown> {
  readonly status: Status
  /** `data` of the body; undefined where the status says that there is no body (204, 304). */
  readonly data: Data
  readonly headers: Headers
  /** When to ask again, where the answer says so (202). */
  readonly retryAfterSeconds: number | undefined
}

type GoodStatus = 200 | 201 | 202 | 204 | 304

type ResponsesOf<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { responses: infer R } ? R : never

type DataIn<R> = R extends { content: { 'application/json': { data: infer Data } } } ? Data : undefined

/** What a route answers with: one shape for each status, told apart by `status`. */
export type AnswerOf<M extends Method, P extends PathOf<M>> = {
  [S in keyof ResponsesOf<M, P> & GoodStatus]: Answer<S, DataIn<ResponsesOf<M, P>[S]>>
}[keyof ResponsesOf<M, P> & GoodStatus]

/** The data of a route's answers with a body. */
export type DataOf<M extends Method, P extends PathOf<M>> = Exclude<AnswerOf<M, P>['data'], undefined>

/** The events of a route that answers with Server-Sent Events: `{event, id, data}`, told apart by `event`. */
export type EventOf<P extends PathOf<'get'>> =
  ResponsesOf<'get', P> extends { 200: { content: { 'text/event-stream': infer Event } } } ? Event : never

/** The paths that answer with Server-Sent Events. */
export type EventsPath = { [P in PathOf<'get'>]: [EventOf<P>] extends [never] ? never : P }[PathOf<'get'>]
