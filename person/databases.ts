import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { z } from 'zod'
import { runFolder } from '../scripts/up-checks.ts'
import { dataFolderOf, readSecrets } from '../scripts/up-settings.ts'
import { ADMIN_ROLE } from '../scripts/up-servers.ts'

const addressesFile = z.looseObject({ postgres: z.url() })

/** The database of all schemas with the role that owns them: ADMIN_DATABASE_URL, or that of the copy that `npm start` runs in DATA_DIR. */
export function readOwnersDatabase(env: Readonly<Record<string, string | undefined>>): string {
  const given = env['ADMIN_DATABASE_URL']
  if (given) {
    if (/^postgres(ql)?:\/\//.test(given) && URL.canParse(given)) return given
    throw new SetupProblem('ADMIN_DATABASE_URL must be postgres://role:password@host:port/database')
  }
  const dataFolder = dataFolderOf(env)
  const secrets = readSecrets(dataFolder)
  const file = join(runFolder(dataFolder), 'addresses.json')
  if (secrets === null || !existsSync(file)) {
    throw new SetupProblem(
      `nothing of npm start in ${dataFolder}: run npm start first, set DATA_DIR as it does, or set ADMIN_DATABASE_URL`,
    )
  }
  const url = new URL(addressesFile.parse(JSON.parse(readFileSync(file, 'utf8'))).postgres)
  url.username = ADMIN_ROLE
  url.password = secrets.adminPassword
  return url.href
}
