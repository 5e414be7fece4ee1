import { expect, test } from '@jest/globals'
import { z } from 'zod'
import * as events from './events.ts'
import { meaningOf, messageContracts, topicContracts } from './message-catalog.ts'
import { fieldMeanings } from './message-fields.ts'
import { topics } from './topics.ts'

const contracts = Object.entries(messageContracts)

function fieldsOf(schema: z.ZodType): Set<string> {
  const fields = new Set<string>()
  z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      for (const field of Object.keys(jsonSchema.properties ?? {})) fields.add(field)
    },
  })
  return fields
}

test('every message that the services check is in the catalog, under its own name', () => {
  const catalog = Object.fromEntries(contracts.map(([name, { schema }]) => [name, schema]))
  expect(catalog).toEqual({ ...events })
})

test('every topic is in the catalog and has a message', () => {
  expect(Object.values(topicContracts).map(({ address }) => address)).toEqual(
    expect.arrayContaining(Object.values(topics)),
  )
  expect(new Set(contracts.map(([, { topic }]) => topic))).toEqual(new Set(Object.keys(topics)))
})

test.each(contracts)(
  'the schema of %s accepts its example, which has every field and no other',
  (_name, contract) => {
    const { schema, example } = contract
    expect(schema.parse(example)).toEqual(example)
    expect(Object.keys(example).toSorted()).toEqual(Object.keys(schema.shape).toSorted())
  },
)

test.each(contracts)('the key of %s is a field that is always there', (_name, { schema, key, example }) => {
  const { [key]: _left, ...rest } = z.record(z.string(), z.unknown()).parse(example)
  expect(schema.safeParse(rest).success).toBe(false)
})

test('every field of a message has a meaning, and nothing else has', () => {
  const fields = new Set(contracts.flatMap(([, { schema }]) => [...fieldsOf(schema)]))
  for (const field of fields) expect(meaningOf(field)).not.toBe('')
  expect(Object.keys(fieldMeanings).toSorted()).toEqual([...fields].toSorted())
  expect(() => meaningOf('toString')).toThrow('does not say what `toString` means')
})
