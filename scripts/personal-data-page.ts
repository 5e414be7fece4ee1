import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { personalTables } from '../person/personal-tables.ts'
import type { PersonalTable } from '../person/personal-tables.ts'

const PAGE = fileURLToPath(new URL('../docs/personal-data.md', import.meta.url))

const intro = `<!-- Made from person/personal-tables.ts and scripts/personal-data-page.ts by npm run generate. -->

# Personal data: what is stored where, and how long

A person is the subject of their tokens, a text that the identity provider gives. Names, passwords and addresses of people are the identity provider's;
this system takes from a token the subject, the mail address and the language, and where \`JOIN_CLAIM\` is set a keyed hash of that claim.

## PostgreSQL

All other columns of all tables tell nothing of a person; a test compares this list with the real schemas. Settings are in [settings](settings.md).`

const rest = `## Elsewhere

| where | what | how long |
| --- | --- | --- |
| Redis, \`queue:{schedule}:…\` | user ids of live places beside hashes of their tokens | until the place has ended; the owner of a token a day from when it was last written |
| Redis, \`queue:seen:…\` | hashes of tokens that were seen while PostgreSQL was away | minutes |
| Redis, \`identity:…\` | sign-ins at the identity provider for development | a day unused |
| Kafka, all topics | events and commands with user ids; no mail addresses, no cards | 7 days |
| Kafka, \`….retry\` | messages of the same kinds that an admin had tried again | 7 days |
| Kafka, \`….dead-letter\` | messages that could not be handled, of the same kinds | for good: an operator deletes the topic's records |
| Logs of services | user ids beside request ids; tokens, cookies and cards are hidden | as the installation keeps logs; under \`npm start\` \`LOG_FILES_MAX\` files of \`LOG_FILE_MB_MAX\` |
| Logs of the gateway | network addresses and paths, which name user ids in \`/users/…\` | the same |
| Metrics | nobody | – |
| Mails | the mail server and the mailbox of the person have them; we keep no text | \`NOTICE_KEEP_DAYS\` for what was sent |
| Webhooks | whoever receives them has events with user ids | as they keep them: tell them of an erasure |
| Card provider | cards, and each capture by its reference | by the provider's own rules |
| The check at the join | Turnstile and hCaptcha see the browser; we send them the answer alone | by the provider's own rules |
| The browser | the sign-in, the place in line and what was begun and not finished | until signing out, or the tab is closed |
| Backups | all of PostgreSQL | as the installation keeps them: repeat erasures after a restore |

## Export and erasure

\`\`\`sh
npm run person -- --export 101 > person.json           # all rows of the tables above, as JSON; {} where there are none
npm run person -- --erase 101 --by operator            # who does it, for the log of admins
\`\`\`

Both work on the copy that \`npm start\` runs in \`DATA_DIR\`, or on the database in \`ADMIN_DATABASE_URL\`, with the role of the migrations. For an erasure it has to be a superuser, or
\`GRANT SET ON PARAMETER session_replication_role TO …\`.

What is still running refuses an erasure and is listed (exit code 1): a place in line, held seats, tickets of a show to come, a payment, charge, refund, mail or delivery to a webhook at work, an unread dead letter, a wallet that holds money. End it, and ask
again. An erasure is one transaction, so one that was cut off or met a conflict has done nothing: it says so and ends with 2. A second one finds nothing, but for what came meanwhile.

After it the ledger, sales, tickets and the log of admins stay, under a random pseudonym (\`erased-…\`) that is noted nowhere beside the id; contacts, claims, jobs and dead letters are deleted, free text is taken out. It is in the
log of admins (\`GET /admin/actions\`, \`erasePerson\`) with the pseudonym and without the id. \`npm run ledger:check\` holds as before. Why so: [0058](decisions/0058-personal-data.md).

Events that are in Kafka still name the person for 7 days. Services that read an old one again find its id in their inbox, or the row that they made of it, and write nothing. One that was published and is
not read yet is another matter: the deliveries to webhooks that are made of it after the erasure have the real id. So erase a second time when the consumers have caught up (their lag is 0). Let the identity provider delete the account first: whoever still has one comes back as a new
person under the same id.`

/** The page of personal data. */
export async function personalDataPage(): Promise<string> {
  const rows = merged().map(
    ({ table, personal, kept, erase, stays = {} }) =>
      `| ${table} | ${personal.map((column) => `\`${column}\``).join(', ')} | ${kept} | ${erase === 'delete' ? 'deleted' : changesOf(erase, stays)} |`,
  )
  const table = ['| table | columns | kept | an erasure |', '| --- | --- | --- | --- |', ...rows].join('\n')
  const options = await resolveConfig(PAGE)
  return format([intro, table, rest].join('\n\n'), { ...options, filepath: PAGE })
}

/** The tables that every service has are one row. */
function merged(): PersonalTable[] {
  const common = personalTables.filter(({ table }) => table.startsWith('catalog.'))
  const names = new Set(common.map(({ table }) => table.replace('catalog.', '')))
  const own = personalTables.filter(({ table }) => !names.has(table.replace(/^\w+\./, '')))
  return [
    ...common.map((one) => ({ ...one, table: `each service: ${one.table.replace('catalog.', '')}` })),
    ...own,
  ]
}

function changesOf(erase: Readonly<Record<string, string>>, stays: Readonly<Record<string, string>>): string {
  const byChange = Map.groupBy(Object.keys(erase), (column) => changeOf(erase[column] ?? ''))
  return [
    ...Array.from(byChange, ([change, columns]) => `${change} ${columns.join(', ')}`),
    ...Object.entries(stays).map(([column, why]) => `leaves ${column}: ${why}`),
  ].join('; ')
}

function changeOf(value: string): string {
  if (value === 'NULL') return 'empties'
  if (value.includes('gen_random_uuid')) return 'puts a random value into'
  return value.includes('$2') || value.includes('$4') ? 'puts the pseudonym into' : 'takes the person out of'
}
