import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeAll, expect, test } from '@jest/globals'
import { meaningOf, messageContracts, topicContracts } from '@frontrow/proto/message-catalog'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { z } from 'zod'
import { eventsDocument } from './events-document.ts'
import { eventsPage } from './events-page.ts'

const Message = z.looseObject({
  headers: z.looseObject({}),
  payload: z.looseObject({}),
  examples: z.array(z.object({ headers: z.unknown(), payload: z.unknown() })).optional(),
})
const Document = z.looseObject({
  channels: z.record(z.string(), z.looseObject({ address: z.string() })),
  operations: z.record(z.string(), z.looseObject({ channel: z.object({ $ref: z.string() }) })),
  components: z.object({
    messages: z.record(z.string(), Message),
    schemas: z.record(z.string(), z.unknown()),
  }),
})

let document: z.output<typeof Document>

beforeAll(async () => {
  document = Document.parse(await eventsDocument())
})

test('the document is AsyncAPI 3, by the schema of AsyncAPI itself', async () => {
  const path = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0.json')
  const specification = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(path, 'utf8')))
  const ajv = new Ajv({
    strict: false,
    meta: false,
    validateSchema: false,
    validateFormats: false,
    unicodeRegExp: false,
  })
  const validate = ajv.compile(specification)
  expect(validate(document) ? [] : validate.errors).toEqual([])
  expect(validate({ ...document, channels: { wrong: { adress: 'x' } } })).toBe(false)
})

test('every reference leads to something', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(
    ([, path]) => path ?? '',
  )
  expect(references.length).toBeGreaterThan(Object.keys(messageContracts).length)
  for (const path of references) {
    let found: unknown = document
    for (const part of path.split('/').slice(1)) found = z.record(z.string(), z.unknown()).parse(found)[part]
    expect([path, found]).toEqual([path, expect.anything()])
  }
})

test('every topic is a channel, and dead letters are one', () => {
  const addresses = Object.values(document.channels).map(({ address }) => address)
  const topics = Object.values(topicContracts).map(({ address }) => address)
  expect(addresses.toSorted()).toEqual([...topics, '{topic}.dead-letter'].toSorted())
})

test.each(Object.keys(messageContracts))('the example of %s is right by the document alone', (name) => {
  const message = document.components.messages[name]
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'document', components: document.components })
  const isRight = (part: 'headers' | 'payload', value: unknown): boolean =>
    ajv.validate({ $ref: `document#/components/messages/${name}/${part}` }, value)
  for (const example of message?.examples ?? []) {
    expect([isRight('headers', example.headers), ajv.errors]).toEqual([true, null])
    expect([isRight('payload', example.payload), ajv.errors]).toEqual([true, null])
    expect(isRight('headers', { ...z.looseObject({}).parse(example.headers), ce_type: 'Another' })).toBe(
      false,
    )
    expect(isRight('payload', {})).toBe(false)
  }
  expect(message?.examples).toHaveLength(1)
})

test('every field of every message is described by its own meaning', () => {
  const Described = z.looseObject({
    properties: z.record(z.string(), z.looseObject({ description: z.string() })),
  })
  for (const name of Object.keys(messageContracts)) {
    const { payload } = Message.parse(document.components.messages[name])
    for (const [field, { description }] of Object.entries(Described.parse(payload).properties)) {
      expect({ name, field, description }).toEqual({ name, field, description: meaningOf(field) })
    }
  }
})

test('a field or a value that a newer version adds is right by the document', () => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  const { payload, examples } = Message.parse(document.components.messages['ReservationCancelled'])
  const newer = { ...z.looseObject({}).parse(examples?.[0]?.payload), reason: 'A_NEW_REASON', aNewField: 1 }
  expect(ajv.validate(payload, newer)).toBe(true)
})

test('the page of events keeps what people wrote, and is refused without its two comments', async () => {
  const page = await eventsPage(
    'Before.\n\n<!-- messages: npm run generate -->\nwhat was here\n<!-- end of messages -->\n\nAfter.\n',
  )
  expect(page).toMatch(/^Before\.\n[^]*`PaymentApproved`[^]*\nAfter\.\n$/)
  expect(page).not.toContain('what was here')
  await expect(eventsPage('no comments')).rejects.toThrow('docs/events.md has no')
})
