import type { ZodOpenApiHeadersObject } from 'zod-openapi'
import type { RouteSpec } from './route.ts'

type HeaderSchema = { type: 'string' | 'integer' } & Record<string, unknown>

/** What a header's value looks like, by its name; others are text. */
const valueSchemas: Readonly<Record<string, HeaderSchema>> = {
  ETag: { type: 'string', pattern: '^(?:W/)?"[^"]*"$' },
  'Idempotency-Replayed': { type: 'string', enum: ['true'] },
  Location: { type: 'string', format: 'uri-reference' },
  'Preference-Applied': { type: 'string', enum: ['respond-async'] },
  'Retry-After': { type: 'integer', minimum: 0 },
}

/** Headers that many answers have, for the document's components. */
export const headerComponents = {
  'X-Request-Id': {
    description: 'Yours, or one that was made; quote it when you ask for help.',
    required: true,
    schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
  },
  RateLimit: {
    description:
      "How much of the kind of work you may still ask of this instance: `r` requests now, and all of them again in `t` seconds. As of the IETF's draft for RateLimit headers.",
    schema: { type: 'string', pattern: '^"[a-z]+";r=[0-9]+;t=[0-9]+$' },
    example: '"hold";r=29;t=2',
  },
  'Retry-After': {
    description: 'Seconds to wait before the next try.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  'WWW-Authenticate': { description: 'The scheme: `Bearer`.', required: true, schema: { type: 'string' } },
} as const

const ref = (name: keyof typeof headerComponents) => ({ $ref: `#/components/headers/${name}` })

/** The headers of an answer of a route: its own, by their descriptions, and those that all have. */
export function headersOf(
  route: Pick<RouteSpec, 'auth'>,
  own: Readonly<Record<string, string>>,
): ZodOpenApiHeadersObject {
  return {
    ...Object.fromEntries(
      Object.entries(own).map(([name, description]) => [
        name,
        { description, schema: valueSchemas[name] ?? { type: 'string' } },
      ]),
    ),
    ...(route.auth === 'none' ? {} : { RateLimit: ref('RateLimit') }),
    'X-Request-Id': ref('X-Request-Id'),
  }
}

/** The headers of a refusal. */
export function headersOfRefusal(status: number): ZodOpenApiHeadersObject {
  return {
    ...(status === 401 ? { 'WWW-Authenticate': ref('WWW-Authenticate') } : {}),
    ...(status === 429 || status === 503 ? { 'Retry-After': ref('Retry-After') } : {}),
    'X-Request-Id': ref('X-Request-Id'),
  }
}
