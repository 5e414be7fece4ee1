import { readFile } from 'node:fs/promises'
import { TOPIC_KEEP_MS } from '@frontrow/messaging/topics'
import { meaningOf, messageContracts, topicContracts } from '@frontrow/proto/message-catalog'
import type { MessageContract, TopicContract } from '@frontrow/proto/message-catalog'
import { z } from 'zod'
import { migrateSettings } from './migrate-settings.ts'

const description = `What Frontrow tells on Kafka, for those who read it: analytics, exports, other systems. \`docs/events.md\` says in words how
messages are keyed, ordered, repeated, kept and changed.

Messages are CloudEvents 1.0 in the binary mode of the Kafka binding: attributes in headers, a JSON value.`

const packageFile = z.object({ version: z.string() })

const DEAD_LETTERS = 'deadLetters'

/** The AsyncAPI 3 document of all topics. The same catalog always makes the same bytes. */
export async function eventsDocument(): Promise<object> {
  const { version } = packageFile.parse(
    JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')),
  )
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Frontrow events',
      version,
      description,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: {
      ...mapValues(topicContracts, (topic, key) => channel(key, topic)),
      [DEAD_LETTERS]: deadLetterChannel(),
    },
    operations: {
      ...mapValues(topicContracts, (topic, key) => send(key, topic.summary)),
      [DEAD_LETTERS]: send(DEAD_LETTERS, 'Park a message that could not be handled.'),
    },
    components: {
      messages: { ...mapValues(messageContracts, message), DeadLetter: deadLetter() },
      schemas: { CloudEvent: cloudEvent() },
    },
  }
}

function channel(key: string, { address, producer, summary }: TopicContract): object {
  const names = Object.keys(messageContracts).filter((name) => messageContracts[name]?.topic === key)
  return {
    address,
    title: address,
    summary,
    description: `Published by the ${producer} service alone.`,
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      kafka: {
        partitions: migrateSettings.shape.KAFKA_PARTITIONS.parse(undefined),
        replicas: migrateSettings.shape.KAFKA_REPLICATION.parse(undefined),
        topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': TOPIC_KEEP_MS },
        bindingVersion: '0.5.0',
      },
    },
  }
}

function send(channelKey: string, summary: string): object {
  return { action: 'send', channel: { $ref: `#/channels/${channelKey}` }, summary }
}

function message(
  { topic, kind, summary, key, schema, takenBy, example }: MessageContract,
  name: string,
): object {
  const { producer } = topicContracts[topic]
  return {
    name,
    title: name,
    summary,
    description: takenBy.length === 0 ? 'No service acts on it.' : `Taken by ${takenBy.join(' and ')}.`,
    tags: [{ name: kind }],
    contentType: 'application/json',
    headers: {
      allOf: [
        { $ref: '#/components/schemas/CloudEvent' },
        {
          type: 'object',
          properties: { ce_type: { const: name }, ce_source: { const: sourceOf(producer) } },
        },
      ],
    },
    payload: payloadSchema(schema),
    bindings: {
      kafka: {
        key: { type: 'string', description: `\`${key}\` of the value, as text.` },
        bindingVersion: '0.5.0',
      },
    },
    examples: [{ headers: exampleHeaders(name, producer), payload: example }],
  }
}

function sourceOf(producer: string): string {
  return `frontrow/${producer}`
}

/**
 * As wide as the compatibility rules: without `additionalProperties`, because newer messages may have more fields, and without enums,
 * because they may have more values.
 */
function payloadSchema(schema: z.ZodObject): object {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      // A pattern only repeats its format, and the limits of safe integers mean nothing to readers.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      // Examples are of whole messages.
      delete jsonSchema['example']
      if (jsonSchema.enum !== undefined) {
        jsonSchema.examples = jsonSchema.enum
        delete jsonSchema.enum
      }
      for (const [field, property] of Object.entries(jsonSchema.properties ?? {})) {
        // A copy, because fields of one schema share the object.
        if (jsonSchema.properties !== undefined && typeof property === 'object') {
          jsonSchema.properties[field] = { ...property, description: meaningOf(field) }
        }
      }
    },
  })
  return json
}

function cloudEvent(): object {
  const text = (about: string, more: object = {}): object => ({ type: 'string', description: about, ...more })
  return {
    type: 'object',
    description: 'Headers of every message.',
    required: ['ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_time', 'content-type'],
    properties: {
      ce_specversion: text('The version of CloudEvents.', { const: '1.0' }),
      ce_id: text('A UUID. Equal ids are the same message, however often it is delivered: count it once.', {
        format: 'uuid',
      }),
      ce_type: text('Which message it is.'),
      ce_source: text('The service that made the change.'),
      ce_time: text('When the change was made, ISO 8601 in UTC.', { format: 'date-time' }),
      'content-type': text('How the value is written.', { const: 'application/json' }),
      traceparent: text('W3C Trace Context of the request that led to it, where there was one.'),
      requestid: text('`X-Request-Id` of that request.'),
    },
  }
}

function exampleHeaders(type: string, producer: string): object {
  return {
    ce_specversion: '1.0',
    ce_id: '01890a5d-ac96-774b-bcce-b302099a8058',
    ce_type: type,
    ce_source: sourceOf(producer),
    ce_time: '2027-03-01T10:00:00.000Z',
    'content-type': 'application/json',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    requestid: '5b1f0e7c-4d0a-4a52-9d55-0f2f9a1c7e10',
  }
}

function deadLetterChannel(): object {
  return {
    address: '{topic}.dead-letter',
    title: 'Dead letters',
    summary: 'What a service could not handle, of any topic, with the error.',
    description:
      'For operators: GET /api/v1/admin/dead-letters lists them. They are kept until somebody deletes the topic.',
    parameters: {
      topic: {
        description: 'The topic that the message came from.',
        enum: Object.values(topicContracts).map(({ address }) => address),
      },
    },
    messages: { DeadLetter: { $ref: '#/components/messages/DeadLetter' } },
    bindings: {
      kafka: {
        partitions: 1,
        topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': -1 },
        bindingVersion: '0.5.0',
      },
    },
  }
}

function deadLetter(): object {
  const text = (about: string): object => ({ type: 'string', description: about })
  return {
    name: 'DeadLetter',
    title: 'DeadLetter',
    summary:
      'The message as it was, key and value and headers, with further headers that say why it is here.',
    headers: {
      type: 'object',
      required: ['dead-letter-consumer', 'dead-letter-topic', 'dead-letter-error', 'dead-letter-at'],
      properties: {
        'dead-letter-consumer': text('The consumer group that gave up on it.'),
        'dead-letter-topic': text('Where it was.'),
        'dead-letter-partition': text('Its partition there.'),
        'dead-letter-offset': text('Its offset there.'),
        'dead-letter-attempts': text('How often it was tried.'),
        'dead-letter-error': text('What went wrong, 2,000 characters at most.'),
        'dead-letter-at': text('When it was given up on, ISO 8601 in UTC.'),
      },
    },
    payload: { description: 'The bytes of the original, which need not be JSON.' },
  }
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  make: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value, key)]))
}
