import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { allSettings } from './all-settings.ts'

const ENV_FILE = join(import.meta.dirname, '..', '.env')

/** A line that Node reads as it looks: blank, a comment, or an assignment; a quote that opens a value is closed. */
const LINE = /^\s*(?:$|#|(?:export\s+)?[A-Za-z_]\w*\s*=\s*(?:$|[^\s"'`]|(["'`]).*\1))/
/** Variables of other programs that read `.env`, or that we start. They are not reported as unknown. */
const OF_OTHERS = /^(?:COMPOSE|DOCKER|NODE|TEST|FRONTROW_TEST)_/

/**
 * Checks `.env`, because Node has read it already and ignores its mistakes. Returns a warning for each variable that is no
 * setting or has no effect. Throws a SetupProblem where a line can't be read.
 */
export function checkEnvFile(): string[] {
  return existsSync(ENV_FILE) ? checkEnvText(readFileSync(ENV_FILE, 'utf8'), ENV_FILE) : []
}

/** Checks the text of such a file. Messages do not repeat values, because they may be secrets. */
export function checkEnvText(text: string, file: string): string[] {
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (LINE.test(line)) continue
    throw new SetupProblem(`line ${index + 1} of ${file} is not NAME=value, or leaves a quote open`)
  }
  const settings = new Map([...allSettings.values()].flat().map((setting) => [setting.name, setting]))
  return Object.keys(parseEnv(text)).flatMap((name) => {
    if (OF_OTHERS.test(name)) return []
    const setting = settings.get(name) ?? settings.get(name.replace(/_FILE$/, ''))
    if (setting === undefined) return [`.env sets ${name}, which is no setting: docs/settings.md lists them`]
    return setting.isWiring ? [`.env sets ${name}, which npm start decides itself`] : []
  })
}
