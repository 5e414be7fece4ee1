import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { tokenFor } from '@frontrow/test-kit/test-environment'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { z } from 'zod'

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'openapi.json')

const parameter = z.object({
  in: z.enum(['path', 'query', 'header', 'cookie']),
  name: z.string(),
  required: z.boolean().optional(),
  schema: z.looseObject({
    type: z.string().optional(),
    format: z.string().optional(),
    maximum: z.number().optional(),
    example: z.unknown().optional(),
  }),
})
const operationObject = z.object({
  operationId: z.string(),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.unknown())),
  parameters: z.array(parameter).optional(),
  requestBody: z
    .object({
      content: z.object({
        'application/json': z.object({
          examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
        }),
      }),
    })
    .optional(),
  responses: z.record(
    z.string(),
    z.looseObject({
      $ref: z.string().optional(),
      headers: z.record(z.string(), z.unknown()).optional(),
      content: z.unknown().optional(),
    }),
  ),
})
const written: object = JSON.parse(readFileSync(DOCUMENT, 'utf8'))
const document = z
  .object({
    paths: z.record(z.string(), z.record(z.string(), operationObject)),
    components: z.looseObject({
      headers: z.record(z.string(), z.looseObject({})),
      responses: z.record(
        z.string(),
        z.object({
          headers: z.record(z.string(), z.unknown()).optional(),
          content: z.object({
            'application/json': z.object({ examples: z.record(z.string(), z.unknown()) }),
          }),
        }),
      ),
    }),
  })
  .parse(written)

/** A route as the API reference has it. */
export interface Operation {
  operationId: string
  description: string
  method: string
  path: string
  parameters: readonly z.output<typeof parameter>[]
  hasBody: boolean
  /** Bodies by their names. */
  examples: readonly (readonly [string, unknown])[]
  /** Who may ask: nobody in particular, somebody, or whoever holds a place in line. */
  needs: { bearer: boolean; queueToken: boolean }
  responses: z.output<typeof operationObject>['responses']
}

/** All of them, in the order of the reference. */
export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    operationId: operation.operationId,
    description: operation.description ?? '',
    method: method.toUpperCase(),
    path,
    parameters: operation.parameters ?? [],
    hasBody: operation.requestBody !== undefined,
    examples: Object.entries(operation.requestBody?.content['application/json'].examples ?? {}).map(
      ([name, { value }]) => [name, value] as const,
    ),
    needs: {
      bearer: operation.security.some((one) => 'bearer' in one),
      queueToken: operation.security.some((one) => 'queueToken' in one),
    },
    responses: operation.responses,
  })),
)

/** Whether a route takes this header or this part of the query. */
export function takes({ parameters }: Operation, place: 'header' | 'query', name: string): boolean {
  return parameters.some((one) => one.in === place && one.name === name)
}

const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)
ajv.addSchema({ $id: 'document', ...written }, 'document', false, false)

/** A request as a client writes it; `query` is text, since some are not to be well-formed. */
export interface Request {
  path: string
  query?: string
  as?: string | undefined
  admin?: boolean
  queueToken?: string | undefined
  headers?: Record<string, string>
  body?: unknown
}

/** An answer that was compared with what the reference says of it. */
export interface Answered {
  status: number
  headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read many shapes; a wrong field fails the test.
  body: any
}

/** Sends a request of a route, and fails where its status, its headers or its body are not as the reference says. */
export async function send(url: string, operation: Operation, request: Request): Promise<Answered> {
  const { path, query = '', as, admin = false, queueToken, body } = request
  const headers: Record<string, string> = { ...request.headers }
  if (as !== undefined) headers['Authorization'] = `Bearer ${await tokenFor(as, { admin })}`
  if (queueToken !== undefined) headers['Queue-Token'] = queueToken
  if (body !== undefined) headers['Content-Type'] ??= 'application/json'
  const response = await fetch(`${url}${path}${query === '' ? '' : `?${query}`}`, {
    method: operation.method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  })
  const text = await response.text()
  const answer = {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : JSON.parse(text),
  }
  expectDocumented(operation, answer)
  return answer
}

function expectDocumented(operation: Operation, { status, headers, body }: Answered): void {
  const what = `${operation.operationId} ${status} ${JSON.stringify(body)?.slice(0, 300)}`
  const response = operation.responses[status]
  expect([what, response === undefined]).toEqual([what, false])
  const shared = response?.$ref?.split('/').at(-1)
  const { headers: documented = {}, content } =
    shared === undefined ? { ...response, content: undefined } : (document.components.responses[shared] ?? {})
  for (const [name, header] of Object.entries(documented)) expectHeader(what, name, header, headers.get(name))
  if (body === null) {
    expect([what, shared === undefined && response?.content === undefined]).toEqual([what, true])
    return
  }
  const type = (headers.get('content-type') ?? '').split(';')[0] ?? ''
  const at =
    shared === undefined
      ? ['paths', operation.path, operation.method.toLowerCase(), 'responses', status]
      : ['components', 'responses', shared]
  const pointer = [...at, 'content', type, 'schema'].map((part) =>
    encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1')),
  )
  const validate = ajv.getSchema(`document#/${pointer.join('/')}`)
  if (validate === undefined) throw new Error(`${what}: the reference has no body of ${type}`)
  expect([what, validate(body), validate.errors]).toEqual([what, true, null])
  if (content === undefined) return
  const code: unknown = body.code ?? body.error?.code
  expect([what, Object.keys(content['application/json'].examples)]).toEqual([
    what,
    expect.arrayContaining([code]),
  ])
}

/** What a header's value has to be; one that is not required need not be there. */
function expectHeader(what: string, name: string, header: unknown, value: string | null): void {
  const { $ref } = z.looseObject({ $ref: z.string().optional() }).parse(header)
  const { required, schema } = z
    .looseObject({ required: z.boolean().optional(), schema: z.looseObject({ type: z.string() }) })
    .parse($ref === undefined ? header : document.components.headers[$ref.split('/').at(-1) ?? ''])
  if (value === null) {
    expect([what, name, required ?? false]).toEqual([what, name, false])
    return
  }
  const read = schema.type === 'integer' ? Number(value) : value
  expect([what, name, value, ajv.validate(schema, read)]).toEqual([what, name, value, true])
}
