import { expect, test } from '@jest/globals'
import { breakingChanges, essentialOf } from './breaking-changes.ts'

const thing = (schema: object) => ({ content: { 'application/json': { schema } } })

function api(changed: object = {}, { sent = {}, answered = {} }: { sent?: object; answered?: object } = {}) {
  return {
    info: { version: '1' },
    paths: {
      '/things': {
        post: {
          security: [],
          parameters: [{ in: 'query', name: 'dry', schema: { type: 'boolean' } }],
          requestBody: thing({
            type: 'object',
            properties: { name: { type: 'string', maxLength: 20 }, kind: { enum: ['A', 'B'] } },
            required: ['name'],
            ...sent,
          }),
          responses: {
            201: {
              headers: { Location: {} },
              ...thing({
                type: 'object',
                properties: {
                  id: { type: 'integer' },
                  description: { anyOf: [{ $ref: '#/components/schemas/Text' }] },
                },
                required: ['id', 'description'],
                ...answered,
              }),
            },
            400: {},
          },
          ...changed,
        },
      },
    },
    components: { schemas: { Text: { type: 'string' } } },
  }
}

/** What is sent, with something else said of its name. */
const name = (rules: object) => ({
  properties: { name: { type: 'string', maxLength: 20, ...rules }, kind: { enum: ['A', 'B'] } },
})

const since = (...newer: Parameters<typeof api>) => breakingChanges(essentialOf(api()), api(...newer))

const { requestBody, responses } = api().paths['/things'].post

test('what only adds breaks nobody', () => {
  expect(since()).toEqual([])
  const properties = {
    name: { type: 'string', maxLength: 40 },
    kind: { enum: ['A', 'B', 'C'] },
    more: { type: 'string' },
  }
  expect(since({ summary: 'In other words' }, { sent: { properties } })).toEqual([])
  const shown = {
    id: { type: 'integer' },
    description: { anyOf: [{ type: 'string' }] },
    more: { type: 'string' },
  }
  expect(since({}, { answered: { properties: shown, required: ['id', 'description', 'more'] } })).toEqual([])
})

test.each([
  ['a path', { paths: {} }, 'POST /things is gone'],
  ['a status', api({ responses: { 400: {} } }), 'POST /things: 201 is not answered any more'],
  ['who may ask', api({ security: [{ bearer: [] }] }), 'POST /things: needs a token now'],
  ['whom it is for', api({ responses: { ...responses, 403: {} } }), 'POST /things: can be 403 now'],
  [
    'the status of a refusal',
    api({ responses: { 201: responses[201], 422: {} } }),
    'POST /things: 400 is not answered any more',
  ],
  [
    'a body that has to be there',
    api({ requestBody: { ...requestBody, required: true } }),
    'POST /things: body is required now',
  ],
  [
    'a list of values',
    api({}, { sent: name({ enum: ['x'] }) }),
    'POST /things: body.name can only be "x" now',
  ],
  [
    'a body that takes no further fields',
    api({}, { sent: { additionalProperties: false } }),
    'POST /things: body has another additionalProperties: false',
  ],
  ['a parameter', api({ parameters: [] }), 'POST /things: query parameter dry is gone'],
  [
    'a parameter that has to be there',
    api({ parameters: [{ in: 'query', name: 'dry', required: true, schema: { type: 'boolean' } }] }),
    'POST /things: query parameter dry is required now',
  ],
  [
    'a field that has to be there',
    api({}, { sent: { required: ['name', 'kind'] } }),
    'POST /things: body.kind is required now',
  ],
  [
    'a bound',
    api(
      {},
      { sent: { properties: { name: { type: 'string', maxLength: 10 }, kind: { enum: ['A', 'B'] } } } },
    ),
    'POST /things: body.name has another maxLength: 10',
  ],
  [
    'a choice',
    api({}, { sent: { properties: { name: { type: 'string', maxLength: 20 }, kind: { enum: ['A'] } } } }),
    'POST /things: body.kind can not be "B" any more',
  ],
  [
    'a field of an answer',
    api({}, { answered: { properties: { id: { type: 'integer' } } } }),
    'POST /things: 201.description is gone',
  ],
  [
    'a type of an answer, also behind a reference',
    api(
      {},
      {
        answered: {
          properties: { id: { type: 'integer' }, description: { anyOf: [{ type: ['string', 'null'] }] } },
        },
      },
    ),
    'POST /things: 201.description was string and is string or null',
  ],
])('%s that is another one is named', (_what, newer, change) => {
  expect(breakingChanges(essentialOf(api()), newer)).toEqual([change])
})
