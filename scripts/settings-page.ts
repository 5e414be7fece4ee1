import { fileURLToPath } from 'node:url'
import { productionRules } from '@frontrow/settings/production-rules'
import { format, resolveConfig } from 'prettier'
import { allSettings } from './all-settings.ts'
import type { Setting } from './describe-settings.ts'

const PAGE = fileURLToPath(new URL('../docs/settings.md', import.meta.url))

const intro = `<!-- Made from the zod objects in services/*/src/config.ts and their like by npm run generate. -->

# Settings

A setting is a variable of the environment. \`npm start\` and Docker Compose read \`.env\` at the root of the checkout as
well: one \`NAME=value\` a line, the value in single quotes where it holds a space, a \`#\` or a \`$\`; what the environment has
wins. One value reaches every program that has the setting. In Kubernetes they are in the ConfigMap \`settings\`. An empty
value is none. A wrong one ends the start with a line that names the setting and its rule.

Each setting can be in a file that \`NAME_FILE\` names, as the secrets of Docker and Kubernetes are: \`JWT_SECRET_FILE=/run/secrets/jwt\`
instead of \`JWT_SECRET\`. The line break at its end is not part of it, an empty file is none, and both at once are refused. The gateway reads no
such files: it has no secrets but its certificate.

"Set for you" are addresses, passwords and the like: \`npm start\` and Compose set them themselves and pass on no other
value; for Kubernetes \`deploy/k8s/base\` and [deploy](deploy.md) say where they are.`

const headings: Readonly<Record<string, { title: string; text: string }>> = {
  'npm start': {
    title: '`npm start`',
    text: '`npm run token`, `rush` and `verify-fairness` read `.env` too, to find what runs.',
  },
  services: {
    title: 'Every service',
    text: `One of \`JWKS_URL\` and \`JWT_SECRET\` is needed. Without either, \`npm start\` and Compose bring an identity provider for
development and set \`JWKS_URL\` and \`JWT_ISSUER\` to it. With \`JWT_SECRET\` alone tokens are of whoever has it, and nobody
can sign in in a browser. \`SHUTDOWN_TIMEOUT_MS\` is 20000 under \`npm start\`; Compose kills a service after 20 s and
Kubernetes after 30 s, so a longer one needs a longer \`stop_grace_period\` or \`terminationGracePeriodSeconds\`.`,
  },
  queue: { title: 'queue', text: 'The waiting room.' },
  catalog: { title: 'catalog', text: 'Concerts, schedules and seats.' },
  reservation: { title: 'reservation', text: 'Holds and reservations.' },
  payment: { title: 'payment', text: 'The purchase saga and card payments.' },
  notify: {
    title: 'notify',
    text: `The payment service's process for mail and webhooks. Without \`SMTP_URL\`, \`npm start\` and Compose have a mailbox that catches all mail.`,
  },
  wallet: {
    title: 'wallet',
    text: 'Balances, charges by card and the ledger. The settings of cards are those of payment.',
  },
  migrate: { title: 'The migration step', text: '`scripts/migrate.ts`: schemas, roles, tables and topics.' },
  gateway: {
    title: 'The gateway',
    text: 'Nginx. `npm start` passes on all but `PROXY_PROTOCOL` and what is set for you. What an address may ask for is counted by each instance.',
  },
  compose: { title: 'Docker Compose', text: 'What `docker-compose.yml` takes for itself.' },
}

/** docs/settings.md: every setting of every program. */
export async function settingsPage(): Promise<string> {
  const tables = [...allSettings].flatMap(([program, settings]) => {
    const heading = headings[program]
    if (heading === undefined) throw new Error(`the page of settings has no heading for ${program}`)
    return [`## ${heading.title}`, heading.text, table(settings)]
  })
  return format([intro, ...tables, production()].join('\n\n'), {
    ...(await resolveConfig(PAGE)),
    parser: 'markdown',
  })
}

function production(): string {
  const rows = productionRules.map(({ name, ofAll, rule, instead }) =>
    row([`\`${name}\``, ofAll === true ? 'every process' : programsWith(name), rule, instead]),
  )
  return [
    '## In production',
    `Where \`NODE_ENV\` is \`production\`, as it is in the images, each process refuses to start while one of its settings breaks a rule: it
names all that do, opens nothing and ends with 1. The mailbox and the identity provider for development refuse in any case.
[Going to production](deploy.md#going-to-production) is the way there.`,
    [row(['name', 'of', 'must', 'instead']), '| --- | --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n')
}

function programsWith(name: string): string {
  return [...allSettings]
    .filter(([program, settings]) => program !== 'compose' && settings.some((one) => one.name === name))
    .map(([program]) => (program === 'services' ? 'every service' : program))
    .join(', ')
}

function table(settings: readonly Setting[]): string {
  const rows = settings.map(({ name, rule, meaning, ...setting }) =>
    row([`\`${name}\``, defaultOf(setting) + inPlainTime(name, setting.default), rule, meaning]),
  )
  return [row(['name', 'default', 'must be', 'meaning']), '| --- | --- | --- | --- |', ...rows].join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function defaultOf({ isWiring, ...setting }: Pick<Setting, 'default' | 'isWiring'>): string {
  const value = setting.default === undefined || setting.default === '' ? '' : `\`${setting.default}\``
  if (isWiring) return value === '' ? 'set for you' : `${value}, set for you`
  return value === '' ? 'none' : value
}

const TIMES = [
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const

function inPlainTime(name: string, value: string | number | undefined): string {
  if (!name.endsWith('_MS') || typeof value !== 'number') return ''
  const [size, unit] = TIMES.find(([ms]) => value >= ms) ?? []
  return size === undefined ? '' : ` (${value / size} ${unit})`
}
