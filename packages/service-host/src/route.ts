import type { StaffRole } from '@frontrow/values/roles'
import type { z } from 'zod'

/** Who may call a route. `admin` is who has the role admin, or one of the route's `roles`. `token` is whoever sends a queue token, with a bearer token of the same person or without one. */
export type RouteAuth = 'none' | 'user' | 'admin' | 'token'

/** What limits of a person tell apart: see person-limits.ts. */
export type WorkKind = 'poll' | 'join' | 'hold' | 'payment' | 'admin'

/** An answer of a route as the API reference shows it; `schema` is of `data`, not of the envelope around it. */
export interface RouteResponse {
  description: string
  schema?: z.ZodType
  headers?: Readonly<Record<string, string>>
  /** Other than application/json, e.g. text/event-stream. */
  contentType?: string
}

/**
 * One route. The same schemas check its input and make its entry in the API reference, so that the two can't differ.
 * Without a schema, `params`, `query` and `body` are not read.
 */
export interface RouteSpec {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** In OpenAPI form, e.g. `/api/v1/reservations/{reservationId}`. */
  path: string
  operationId: string
  tag: string
  summary: string
  description?: string
  /** Decides who `caller` is in the handler: see `Callers` in auth.ts. */
  auth: RouteAuth
  /**
   * Roles that may do what admins may: call a route of `admin` at all, and one of `user` for other people. Without it only admins may.
   * docs/roles.md is made of it.
   */
  roles?: readonly StaffRole[]
  /** What a request counts as for its person; `poll` where nothing is said, and `admin` for admins. */
  work?: WorkKind
  /** Refused last when the service has more to do than it can, because money moves; routes of admins are refused last as well. */
  movesMoney?: boolean
  /** A request may wait for something by its caller's wish, so that the time it takes says nothing of how busy the service is. */
  waits?: boolean
  /** The route wants `Queue-Token` (or its cookie) beside what `auth` says. */
  queueToken?: 'any' | 'active'
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  /** Bodies for the API reference, by name. Each can be sent as it is, with ids that are there, and is answered 2xx. */
  examples?: Readonly<Record<string, unknown>>
  /**
   * Instead of `body`: the handler finds the bytes as they were sent in `request.body`, for who has to verify a signature of them.
   * `limit` is the most of them, as Express writes it.
   */
  rawBody?: { limit: string; schema: z.ZodType }
  /** Keys in lower case. */
  headers?: z.ZodType
  responses: Readonly<Record<number, RouteResponse>>
  /** Refusal codes of its own, beside those that every route can answer. */
  refusals: readonly string[]
}

/** Keeps the types of the schemas and of `auth`; write every route through it. */
export function defineRoute<const R extends RouteSpec>(spec: R): R {
  return spec
}

const EVENT_STREAM = 'text/event-stream'

/** Whether a route answers with events, for as long as its reader stays. */
export function isStream(route: RouteSpec): boolean {
  return Object.values(route.responses).some(({ contentType }) => contentType === EVENT_STREAM)
}

/** The schemas of a route's input. */
export type InputSchemas = Pick<RouteSpec, 'params' | 'query' | 'body' | 'headers'>

/** The input of a route, checked by its schemas; undefined where it has none. */
export interface ParsedInput<R extends InputSchemas> {
  params: R extends { params: infer S extends z.ZodType } ? z.output<S> : undefined
  query: R extends { query: infer S extends z.ZodType } ? z.output<S> : undefined
  body: R extends { body: infer S extends z.ZodType } ? z.output<S> : undefined
  headers: R extends { headers: infer S extends z.ZodType } ? z.output<S> : undefined
}
