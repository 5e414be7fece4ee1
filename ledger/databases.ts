import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { z } from 'zod'
import { runFolder } from '../scripts/up-checks.ts'
import { dataFolderOf, readSecrets } from '../scripts/up-settings.ts'

/** The services whose data is compared. */
export const comparedServices = ['wallet', 'reservation', 'payment'] as const

/** The database as each of them sees it: with its own role, which can read its own schema only. */
export type Databases = Readonly<Record<(typeof comparedServices)[number], string>>

const addressesFile = z.looseObject({ postgres: z.url() })

/** Name of the setting with a service's database. */
export function databaseVariable(service: string): string {
  return `${service.toUpperCase()}_DATABASE_URL`
}

/**
 * The databases to check: those that the settings name, all three of them, or else those of the copy that `npm start` runs in DATA_DIR.
 * Throws a SetupProblem where there is neither.
 */
export function readDatabases(env: Readonly<Record<string, string | undefined>>): Databases {
  const given = comparedServices.filter((service) => env[databaseVariable(service)])
  const missing = comparedServices.filter((service) => !given.includes(service))
  if (given.length > 0 && missing.length > 0) {
    throw new SetupProblem(`${missing.map(databaseVariable).join(' and ')} must be set too`)
  }
  return given.length > 0 ? fromSettings(env) : fromDataFolder(dataFolderOf(env))
}

function fromSettings(env: Readonly<Record<string, string | undefined>>): Databases {
  const urlOf = (service: string): string => {
    const name = databaseVariable(service)
    const url = env[name] ?? ''
    if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
      throw new SetupProblem(`${name} must be postgres://role:password@host:port/database`)
    }
    return url
  }
  return { wallet: urlOf('wallet'), reservation: urlOf('reservation'), payment: urlOf('payment') }
}

function fromDataFolder(dataFolder: string): Databases {
  const secrets = readSecrets(dataFolder)
  const file = join(runFolder(dataFolder), 'addresses.json')
  if (secrets === null || !existsSync(file)) {
    throw new SetupProblem(
      `nothing of npm start in ${dataFolder}: run npm start first, set DATA_DIR as it does, or set ${comparedServices.map(databaseVariable).join(', ')}`,
    )
  }
  const { postgres } = addressesFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  const urlOf = (service: keyof Databases): string => {
    const url = new URL(postgres)
    url.username = service
    url.password = secrets.servicePasswords[service]
    return url.href
  }
  return { wallet: urlOf('wallet'), reservation: urlOf('reservation'), payment: urlOf('payment') }
}
