/**
 * Makes the secrets of one installation, once, and writes them down as each program wants them: <service>.env,
 * migrate.env, postgres.env. Docker Compose keeps the folder in a volume, deploy/k8s/overlays/local makes Secrets of it.
 *   node deploy/make-settings.ts FOLDER
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '@frontrow/service-host/config'
import { z } from 'zod'
import { passwordVariable } from '../scripts/migrate-settings.ts'
import { serviceNames } from '../scripts/services.ts'
import { ensureSecrets } from '../scripts/up-settings.ts'
import type { Secrets } from '../scripts/up-settings.ts'

const settingsSchema = z.object({
  /** Where PostgreSQL is, as the services see it. */
  DATABASE_SERVER: z.string().default('postgres:5432/frontrow'),
  ADMIN_ROLE: z.string().default('frontrow_admin'),
  JWT_SECRET: z
    .string()
    .regex(/^[A-Za-z0-9_+/=.-]{32,256}$/, 'must be 32 to 256 letters, digits or _ + / = . -')
    .optional(),
})

/** The content of each file, by its name. */
function settingsFiles(secrets: Secrets, config: z.output<typeof settingsSchema>): Record<string, string[]> {
  const url = (role: string, password: string): string =>
    `postgres://${role}:${password}@${config.DATABASE_SERVER}`
  const services = serviceNames.map((name) => [
    `${name}.env`,
    [
      `DATABASE_URL=${url(name, secrets.servicePasswords[name])}`,
      `JWT_SECRET=${secrets.jwtSecret}`,
      ...(name === 'reservation' ? [`TICKET_SIGNING_KEY=${secrets.ticketSigningKey}`] : []),
    ],
  ])
  const passwords = serviceNames.map((name) => `${passwordVariable(name)}=${secrets.servicePasswords[name]}`)
  return {
    ...Object.fromEntries(services),
    'migrate.env': [`ADMIN_DATABASE_URL=${url(config.ADMIN_ROLE, secrets.adminPassword)}`, ...passwords],
    'postgres.env': [`POSTGRES_PASSWORD=${secrets.adminPassword}`],
  }
}

function main(): void {
  const folder = process.argv[2]
  if (folder === undefined) throw new Error('usage: node deploy/make-settings.ts FOLDER')
  const config = readConfig(settingsSchema, process.env)
  const files = settingsFiles(ensureSecrets(folder, config.JWT_SECRET), config)
  for (const [name, lines] of Object.entries(files)) {
    const file = join(folder, name)
    // The rename makes the file appear as a whole, because a service that starts at this moment may be reading it.
    writeFileSync(`${file}.new`, `${lines.join('\n')}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  console.log(`settings written to ${folder}`)
}

main()
