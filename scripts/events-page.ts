import { fileURLToPath } from 'node:url'
import { meaningOf, messageContracts, topicContracts } from '@frontrow/proto/message-catalog'
import type { MessageContract } from '@frontrow/proto/message-catalog'
import { format, resolveConfig } from 'prettier'
import { z } from 'zod'

const PAGE = fileURLToPath(new URL('../docs/events.md', import.meta.url))
const BLOCK = /<!-- messages: npm run generate -->[^]*<!-- end of messages -->/

/** Returns docs/events.md with the topics, messages and fields of the catalog between its two comments. */
export async function eventsPage(present: string): Promise<string> {
  if (!BLOCK.test(present)) {
    throw new Error(
      'docs/events.md has no "<!-- messages: npm run generate -->" … "<!-- end of messages -->"',
    )
  }
  const parts = [
    '<!-- messages: npm run generate -->',
    ...Object.entries(topicContracts).flatMap(([key, { address, producer, summary }]) => [
      `### \`${address}\``,
      `${summary} Published by ${producer}.`,
      messageTable(Object.entries(messageContracts).filter(([, { topic }]) => topic === key)),
    ]),
    '### Fields',
    'A name means the same in every message.',
    fieldTable(),
    '<!-- end of messages -->',
  ]
  // A function, because `$` in the text would mean something else.
  const page = present.replace(BLOCK, () => parts.join('\n\n'))
  return format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' })
}

function messageTable(messages: readonly (readonly [string, MessageContract])[]): string {
  const rows = messages.map(([name, { kind, key, schema, summary }]) => {
    const fields = Object.entries(schema.shape).map(([field, rule]) =>
      rule instanceof z.ZodType && rule.safeParse(undefined).success ? `${field}?` : field,
    )
    return row([`\`${name}\``, kind, `\`${key}\``, `\`${fields.join(', ')}\``, summary])
  })
  return [row(['type', 'kind', 'key', 'fields', 'tells']), '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

function fieldTable(): string {
  const names = new Set<string>()
  for (const { schema } of Object.values(messageContracts)) {
    z.toJSONSchema(schema, {
      io: 'input',
      override: ({ jsonSchema }) => {
        for (const field of Object.keys(jsonSchema.properties ?? {})) names.add(field)
      },
    })
  }
  const rows = [...names].toSorted().map((name) => row([`\`${name}\``, meaningOf(name)]))
  return [row(['field', 'means']), '| --- | --- |', ...rows].join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
