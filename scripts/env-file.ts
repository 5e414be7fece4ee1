import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { allSettings } from './all-settings.ts'

const ENV_FILE = join(import.meta.dirname, '..', '.env')

const ASSIGNMENT = /^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*(.*)$/
/** Of programs that read `.env` besides us, or that we start. */
const OF_OTHERS = /^(?:COMPOSE|DOCKER|NODE|TEST|FRONTROW_TEST)_/

/**
 * Checks `.env`, which Node has read before us and whose mistakes it passes over. Returns what its writer should know, a
 * line each; throws where a line can't be read.
 */
export function checkEnvFile(): string[] {
  return existsSync(ENV_FILE) ? checkEnvText(readFileSync(ENV_FILE, 'utf8'), ENV_FILE) : []
}

/** The same for a text. No value is repeated: it may be a secret. */
export function checkEnvText(text: string, file: string): string[] {
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const [, value] = ASSIGNMENT.exec(line) ?? []
    if (value === undefined) throw new SetupProblem(`line ${index + 1} of ${file} is not NAME=value`)
    const [quote = ''] = value
    if (`"'\``.includes(quote) && quote !== '' && !value.includes(quote, 1)) {
      throw new SetupProblem(`line ${index + 1} of ${file} opens a quote and does not close it`)
    }
  }
  const settings = new Map([...allSettings.values()].flat().map((setting) => [setting.name, setting]))
  return Object.keys(parseEnv(text)).flatMap((name) => {
    if (OF_OTHERS.test(name)) return []
    const setting = settings.get(name)
    if (setting === undefined) return [`.env sets ${name}, which is no setting: docs/settings.md lists them`]
    return setting.isWiring ? [`.env sets ${name}, which npm start decides itself`] : []
  })
}
