import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { createApiDocument } from './openapi-document.ts'
import type { ApiDescription } from './openapi-document.ts'
import { generalRefusals } from '@frontrow/refusals/general-refusals'
import { defineRoute } from './route.ts'
import type { RouteSpec } from './route.ts'

const api: ApiDescription = {
  info: { title: 'Test', version: '1' },
  tags: [{ name: 'Things', description: 'things' }],
  securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
  security: (route) => (route.auth === 'none' ? [] : [{ bearer: [] }]),
  refusals: generalRefusals,
  commonRefusals: () => ['UNAVAILABLE', 'INVALID_REQUEST'],
  hiddenHeaders: ['cookie'],
}

const change = defineRoute({
  method: 'patch',
  path: '/things/{thingId}',
  operationId: 'changeThing',
  tag: 'Things',
  summary: 'Change a thing',
  auth: 'user',
  params: z.object({ thingId: z.coerce.number().int().positive() }),
  query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  headers: z.object({ 'if-none-match': z.string().optional(), cookie: z.string().optional() }),
  body: z.strictObject({ at: z.iso.datetime().transform((text) => new Date(text)) }),
  responses: {
    200: { description: 'Changed.', schema: z.object({ thingId: z.int() }), headers: { ETag: 'Its tag.' } },
    304: { description: 'Unchanged.' },
  },
  refusals: ['FORBIDDEN', 'NOT_FOUND'],
})

// Users of the document read it as JSON, so the tests do too.
const documentOf = (routes: readonly RouteSpec[]) =>
  JSON.parse(JSON.stringify(createApiDocument(routes, api)))

describe('the document', () => {
  test('shows what a route takes', () => {
    const { patch } = documentOf([change]).paths['/things/{thingId}']
    expect(patch.security).toEqual([{ bearer: [] }])
    expect(patch.parameters).toMatchObject([
      { in: 'path', name: 'thingId', required: true, schema: { type: 'integer', exclusiveMinimum: 0 } },
      { in: 'query', name: 'limit', schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
      { in: 'header', name: 'If-None-Match' },
    ])
    expect(patch.requestBody.content['application/json'].schema).toEqual({
      type: 'object',
      properties: { at: { type: 'string', format: 'date-time' } },
      required: ['at'],
      additionalProperties: false,
    })
  })

  test('says which roles a route needs, and which of them may do it for others', () => {
    const roleOf = (route: RouteSpec) => {
      const { patch } = documentOf([route]).paths['/things/{thingId}']
      return [patch['x-roles'], patch.description]
    }
    expect(roleOf(change)).toEqual([undefined, undefined])
    expect(roleOf({ ...change, auth: 'admin' })).toEqual([['admin'], 'Needs the role `admin`.'])
    expect(roleOf({ ...change, auth: 'admin', roles: ['door'], description: 'Changes it.' })).toEqual([
      ['admin', 'door'],
      'Changes it.\n\nNeeds the role `admin` or `door`.',
    ])
    expect(roleOf({ ...change, roles: ['finance'] })).toEqual([
      ['admin', 'finance'],
      'For other people it needs the role `admin` or `finance`.',
    ])
  })

  test('shows answers in their envelope, open to new fields', () => {
    const { responses } = documentOf([change]).paths['/things/{thingId}'].patch
    expect(responses['200'].content['application/json'].schema).toEqual({
      type: 'object',
      properties: {
        success: { type: 'boolean', const: true },
        data: { type: 'object', properties: { thingId: { type: 'integer' } }, required: ['thingId'] },
      },
      required: ['success', 'data'],
    })
    expect(responses['200'].headers.ETag.description).toBe('Its tag.')
    expect(responses['304']).not.toHaveProperty('content')
  })

  test('groups refusal codes by their status, common ones too, each with an example', () => {
    const { components, paths } = documentOf([change])
    const { responses } = paths['/things/{thingId}'].patch
    expect(Object.keys(responses)).toEqual(['200', '304', '400', '403', '404', '503'])
    expect(responses['403']).toEqual({ $ref: '#/components/responses/FORBIDDEN' })
    const forbidden = components.responses.FORBIDDEN
    expect(forbidden.content['application/json'].examples.FORBIDDEN.value).toMatchObject({
      success: false,
      error: { code: 'FORBIDDEN' },
    })
    expect(components.responses.UNAVAILABLE.headers).toHaveProperty('Retry-After')
  })

  test('two routes share a refusal only where all of its codes are the same', () => {
    const other = { ...change, path: '/others', operationId: 'changeOther' }
    const { components, paths } = documentOf([
      { ...change, refusals: ['IDEMPOTENCY_IN_PROGRESS', 'RATE_LIMITED'] },
      { ...other, refusals: ['IDEMPOTENCY_IN_PROGRESS', 'RATE_LIMITED', 'UNSUPPORTED_MEDIA_TYPE'] },
      { ...other, path: '/more', operationId: 'more', refusals: ['PAYLOAD_TOO_LARGE'] },
    ])
    expect(paths['/others'].patch.responses['429']).toEqual(paths['/things/{thingId}'].patch.responses['429'])
    const bad = { ...generalRefusals, ALSO_INVALID: { ...generalRefusals.INVALID_REQUEST, about: 'Also.' } }
    const document = createApiDocument([change, { ...other, refusals: ['ALSO_INVALID'] }], {
      ...api,
      refusals: bad,
      commonRefusals: () => ['INVALID_REQUEST'],
    })
    const { responses } = JSON.parse(JSON.stringify(document)).components
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining(['INVALID_REQUEST', 'ALSO_INVALID-INVALID_REQUEST']),
    )
    expect(components.responses.RATE_LIMITED.headers).toHaveProperty('Retry-After')
    expect(components.responses.IDEMPOTENCY_IN_PROGRESS.headers).not.toHaveProperty('Retry-After')
  })

  test('shows bodies that its own schema takes, and is not made from others', () => {
    const at = '2035-03-01T10:00:00Z'
    const { content } = documentOf([{ ...change, examples: { Later: { at } } }]).paths['/things/{thingId}']
      .patch.requestBody
    expect(content['application/json'].examples).toEqual({ Later: { value: { at } } })
    expect(() => documentOf([{ ...change, examples: { Later: { at: 'later' } } }])).toThrow('Later')
  })

  test('says that a read with a tag may be unchanged', () => {
    const { body: _body, headers: _headers, ...read } = { ...change, method: 'get' as const }
    const { get } = documentOf([{ ...read, responses: { 200: change.responses[200] } }]).paths[
      '/things/{thingId}'
    ]
    expect(Object.keys(get.responses)).toContain('304')
    expect(get.parameters).toContainEqual(expect.objectContaining({ in: 'header', name: 'If-None-Match' }))
  })

  test('is not made from routes that contradict each other or name unknown refusals', () => {
    expect(() => documentOf([change, change])).toThrow('two routes are patch /things/{thingId}')
    expect(() => documentOf([{ ...change, refusals: ['NO_SUCH_CODE'] }])).toThrow('NO_SUCH_CODE')
  })
})
