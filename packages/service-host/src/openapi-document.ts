import { z } from 'zod'
import { createDocument } from 'zod-openapi'
import type {
  ZodOpenApiMediaTypeObject,
  ZodOpenApiObject,
  ZodOpenApiOperationObject,
  ZodOpenApiResponseObject,
} from 'zod-openapi'
import type { RefusalKind } from '@frontrow/refusals/refusal'
import { headerComponents, headersOf, headersOfRefusal } from './openapi-headers.ts'
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
      servers: [{ url: '/', description: 'The gateway that serves this document.' }],
      tags: [...api.tags],
      paths,
      components: { securitySchemes: api.securitySchemes, headers: headerComponents },
    },
    {
      override: ({ jsonSchema, zodSchema, io }) => {
        // The pattern that zod has for a format only repeats it.
        if (jsonSchema.format !== undefined && zodSchema._zod.def.type === 'string') delete jsonSchema.pattern
        if (io === 'input') return
        // Answers may gain fields, and a client made from this document must accept them.
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
        // In answers the limits of safe integers mean nothing to readers; what is sent has to keep them.
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
  const isConditional = answersUnchanged(route)
  const header = shownHeaders(route.headers, api.hiddenHeaders, isConditional)
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
      : {
          requestBody: {
            // An absent body is read as an empty object.
            required: !body.safeParse({}).success,
            content: { 'application/json': { schema: body, ...bodyExamples(route, body) } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries({ ...(isConditional ? { 304: UNCHANGED } : {}), ...route.responses }).map(
          ([status, answer]) => [status, success(route, answer)],
        ),
      ),
      ...failures(route, api, shared, bodies),
    },
  }
}

const UNCHANGED: RouteResponse = { description: 'As it was.' }
const ifNoneMatch = z.string().optional().meta({
  description: 'The ETag of the last answer; where it is still that one, the answer is 304 without a body.',
})

/** Whether 304 is an answer to a read: serve-route.ts compares the tags wherever there is one. */
function answersUnchanged({ method, responses }: RouteSpec): boolean {
  return method === 'get' && responses[200]?.headers?.['ETag'] !== undefined
}

function shownHeaders(
  headers: z.ZodType | undefined,
  hidden: readonly string[],
  isConditional: boolean,
): z.ZodObject | undefined {
  const own = headers instanceof z.ZodObject ? headers.shape : {}
  const shape = isConditional ? { 'if-none-match': ifNoneMatch, ...own } : own
  const shown = Object.entries(shape)
    .filter(([name]) => !hidden.includes(name))
    .map(([name, schema]) => [headerName(name), schema] as const)
  return shown.length === 0 ? undefined : z.object(Object.fromEntries(shown))
}

/** The examples of a body. One that breaks the body's own schema is a defect of the reference. */
function bodyExamples(
  { operationId, examples = {} }: RouteSpec,
  body: z.ZodType,
): Pick<ZodOpenApiMediaTypeObject, 'examples'> {
  const entries = Object.entries(examples)
  for (const [name, value] of entries) {
    const { error } = body.safeParse(value)
    if (error !== undefined) throw new Error(`the example "${name}" of ${operationId}: ${error.message}`)
  }
  if (entries.length === 0) return {}
  return { examples: Object.fromEntries(entries.map(([name, value]) => [name, { value }])) }
}

function headerName(lowerCase: string): string {
  return lowerCase.replaceAll(
    /(^|-)([a-z])/g,
    (_match, dash: string, letter: string) => dash + letter.toUpperCase(),
  )
}

function success(route: RouteSpec, answer: RouteResponse): ZodOpenApiResponseObject {
  const content = contentOf(answer)
  return {
    description: answer.description,
    headers: headersOf(route, answer.headers ?? {}),
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
    headers: headersOfRefusal(status),
    content: {
      'application/json': { schema: failure, examples: Object.fromEntries(examples) },
      'application/problem+json': { schema: problem },
    },
  }
}
