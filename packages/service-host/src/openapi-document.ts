import { z } from 'zod'
import { createDocument } from 'zod-openapi'
import type {
  ZodOpenApiMediaTypeObject,
  ZodOpenApiObject,
  ZodOpenApiOperationObject,
  ZodOpenApiResponseObject,
} from 'zod-openapi'
import type { RefusalKind } from '@frontrow/refusals/refusal'
import { documentedRoles } from './route-roles.ts'
import type { RouteResponse, RouteSpec } from './route.ts'

/** Responses of refusals, by their codes; routes with the same codes share one. */
type SharedResponses = Map<string, ZodOpenApiResponseObject>

type SecurityRequirements = NonNullable<ZodOpenApiOperationObject['security']>

/** The parts of the document that don't come from the routes. */
export interface ApiDescription {
  info: ZodOpenApiObject['info']
  tags: readonly { name: string; description: string }[]
  securitySchemes: NonNullable<NonNullable<ZodOpenApiObject['components']>['securitySchemes']>
  /** What a caller must send to a route; any one of them is enough. */
  security: (route: RouteSpec) => SecurityRequirements
  /** Every code that a route may name, and those of `commonRefusals`. */
  refusals: Readonly<Record<string, RefusalKind>>
  /** Codes that a route answers beside its own. */
  commonRefusals: (route: RouteSpec) => readonly string[]
  /** Request headers, in lower case, that `securitySchemes` show already. */
  hiddenHeaders: readonly string[]
}

/** The bodies of refusals: the envelope, and RFC 9457. */
interface FailureBodies {
  failure: z.ZodType
  problem: z.ZodType
}

function failureBodies(codes: readonly string[]): FailureBodies {
  const code = z.enum(codes).meta({
    id: 'RefusalCode',
    description:
      'What programs should look at; which of them a route answers is listed with it. A later version may know more.',
  })
  const failure = z
    .object({
      success: z.literal(false),
      error: z.object({
        code,
        message: z.string().meta({ description: 'For people; its words may change.' }),
        details: z
          .unknown()
          .meta({ description: 'Depends on the code; null where there is no more to say.' }),
        requestId: z.string(),
      }),
    })
    .meta({ id: 'Failure' })
  const problem = z
    .object({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
      code,
      details: z.unknown().optional(),
      requestId: z.string(),
    })
    .meta({ id: 'Problem', description: 'RFC 9457, for `Accept: application/problem+json`.' })
  return { failure, problem }
}

const retryAfter = {
  'Retry-After': { description: 'Seconds to wait before the next try.', schema: { type: 'integer' } },
} as const

/** The OpenAPI 3.1 document of these routes. The same routes always make the same bytes. */
export function createApiDocument(routes: readonly RouteSpec[], api: ApiDescription): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  const shared: SharedResponses = new Map()
  const bodies = failureBodies(Object.keys(api.refusals).toSorted())
  for (const route of routes) {
    const methods = (paths[route.path] ??= {})
    if (methods[route.method] !== undefined) throw new Error(`two routes are ${route.method} ${route.path}`)
    methods[route.method] = operation(route, api, shared, bodies)
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: api.info,
      tags: [...api.tags],
      paths,
      components: { securitySchemes: api.securitySchemes },
    },
    {
      override: ({ jsonSchema, io }) => {
        // Answers may gain fields, and a client made from this document must accept them.
        if (io === 'output' && jsonSchema.additionalProperties === false)
          delete jsonSchema.additionalProperties
        // A pattern only repeats its format, and the limits of safe integers mean nothing to readers.
        if (jsonSchema.format !== undefined) delete jsonSchema.pattern
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      },
    },
  )
}

function operation(
  route: RouteSpec,
  api: ApiDescription,
  shared: SharedResponses,
  bodies: FailureBodies,
): ZodOpenApiOperationObject {
  const header = shownHeaders(route.headers, api.hiddenHeaders)
  const body = route.body ?? route.rawBody?.schema
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...documentedRoles(route),
    security: api.security(route),
    requestParams: {
      ...(route.params instanceof z.ZodObject ? { path: route.params } : {}),
      ...(route.query instanceof z.ZodObject ? { query: route.query } : {}),
      ...(header === undefined ? {} : { header }),
    },
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, answer]) => [status, success(answer)]),
      ),
      ...failures(route, api, shared, bodies),
    },
  }
}

function shownHeaders(headers: z.ZodType | undefined, hidden: readonly string[]): z.ZodObject | undefined {
  if (!(headers instanceof z.ZodObject)) return undefined
  const shown = Object.entries(headers.shape)
    .filter(([name]) => !hidden.includes(name))
    .map(([name, schema]) => [headerName(name), schema] as const)
  return shown.length === 0 ? undefined : z.object(Object.fromEntries(shown))
}

function headerName(lowerCase: string): string {
  return lowerCase.replaceAll(
    /(^|-)([a-z])/g,
    (_match, dash: string, letter: string) => dash + letter.toUpperCase(),
  )
}

function success(answer: RouteResponse): ZodOpenApiResponseObject {
  const content = contentOf(answer)
  const headers = Object.entries(answer.headers ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' as const } },
  ])
  return {
    description: answer.description,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(content === undefined ? {} : { content }),
  }
}

function contentOf({
  schema,
  contentType,
}: RouteResponse): Record<string, ZodOpenApiMediaTypeObject> | undefined {
  if (contentType !== undefined) return { [contentType]: { schema: schema ?? z.string() } }
  if (schema === undefined) return undefined
  return { 'application/json': { schema: z.object({ success: z.literal(true), data: schema }) } }
}

/** One response per status, with an example of each of its codes. Routes with the same codes share a component. */
function failures(
  route: RouteSpec,
  api: ApiDescription,
  shared: SharedResponses,
  bodies: FailureBodies,
): Record<string, ZodOpenApiResponseObject> {
  const codesOf = new Map<number, string[]>()
  for (const code of new Set([...route.refusals, ...api.commonRefusals(route)])) {
    const kind = api.refusals[code]
    if (kind === undefined) throw new Error(`${route.operationId} names the unknown refusal ${code}`)
    codesOf.set(kind.http, [...(codesOf.get(kind.http) ?? []), code])
  }
  return Object.fromEntries(
    [...codesOf].map(([status, unsorted]) => {
      const codes = unsorted.toSorted()
      const id = codes.join('-')
      const known = shared.get(id) ?? { id, ...failureResponse(status, codes, api.refusals, bodies) }
      shared.set(id, known)
      return [String(status), known]
    }),
  )
}

function failureResponse(
  status: number,
  codes: readonly string[],
  refusals: ApiDescription['refusals'],
  { failure, problem }: FailureBodies,
): ZodOpenApiResponseObject {
  const about = (code: string): string => refusals[code]?.about ?? ''
  const examples = codes.map((code) => [
    code,
    {
      value: {
        success: false,
        error: {
          code,
          message: about(code),
          details: null,
          requestId: '5b1f0e7c-4d0a-4a52-9d55-0f2f9a1c7e10',
        },
      },
    },
  ])
  return {
    description: codes.map((code) => `\`${code}\`: ${about(code)}`).join('\n\n'),
    ...(status === 429 || status === 503 ? { headers: retryAfter } : {}),
    content: {
      'application/json': { schema: failure, examples: Object.fromEntries(examples) },
      'application/problem+json': { schema: problem },
    },
  }
}
