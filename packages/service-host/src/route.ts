import { z } from 'zod'

/** A numeric id in a path, in decimal digits only, so that `1e0`, `0x1` and ` 1` are not other spellings of 1. */
export const pathId = z
  .string()
  .regex(/^[1-9][0-9]{0,14}$/, 'must be a whole number from 1 up')
  .transform(Number)
  .meta({ example: 1 })

/** Who may call a route. `token` is whoever sends a queue token, with a bearer token of the same person or without one. */
export type RouteAuth = 'none' | 'user' | 'admin' | 'token'

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
export interface RouteSpec<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  H extends z.ZodType = z.ZodType,
  A extends RouteAuth = RouteAuth,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** In OpenAPI form, e.g. `/api/v1/reservations/{reservationId}`. */
  path: string
  operationId: string
  tag: string
  summary: string
  description?: string
  /** Decides who `caller` is in the handler: see `Callers` in auth.ts. */
  auth: A
  /** The route wants `Queue-Token` (or its cookie) beside what `auth` says. */
  queueToken?: 'any' | 'active'
  params?: P
  query?: Q
  body?: B
  /** Keys in lower case. */
  headers?: H
  responses: Readonly<Record<number, RouteResponse>>
  /** Refusal codes of its own, beside those that every route can answer. */
  refusals: readonly string[]
}

/** Keeps the types of the schemas and of `auth`; write every route through it. */
export function defineRoute<
  P extends z.ZodType = z.ZodType<Record<string, never>>,
  Q extends z.ZodType = z.ZodType<Record<string, never>>,
  B extends z.ZodType = z.ZodType<undefined>,
  H extends z.ZodType = z.ZodType<Record<string, never>>,
  A extends RouteAuth = RouteAuth,
>(spec: RouteSpec<P, Q, B, H, A>): RouteSpec<P, Q, B, H, A> {
  return spec
}
