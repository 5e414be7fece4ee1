import { isSecretSetting } from '@frontrow/settings/secret-settings'
import { allSettings } from './all-settings.ts'
import { composeSettings } from './compose-settings.ts'

const BLOCK = /^( *)# settings of ([a-z]+)\b.*\n[^]*?^ *# end of settings$/gm

// These come from the volume with the secrets, and an empty value in the environment would hide them.
const KEPT_WITH_SECRETS: ReadonlySet<string> = new Set(['JWT_SECRET', 'JWKS_URL', 'JWT_ISSUER'])

/** Secrets are in files, since whoever may ask Docker about a container is shown its environment. */
const inFile = (name: string): boolean => isSecretSetting(name) && `${name}_FILE` in composeSettings.shape

// Compose makes a container anew when its environment has changed, not when a file in a volume has. This changes with what
// make-settings.ts writes there of tokens. No program reads it; the services know what is in it.
const TOKENS_FROM = 'TOKENS_FROM: ${JWT_SECRET_FILE:-} ${JWKS_URL:-} ${JWT_ISSUER:-} ${PORT:-8080}'

// Compose is for development unless it is told otherwise; without a mail server of one's own, its mailbox catches the mail.
const FALLBACKS: Readonly<Record<string, string>> = {
  NODE_ENV: 'development',
  MAIL_FROM: 'Frontrow <tickets@frontrow.example>',
}

/**
 * Returns docker-compose.yml with the settings of each program between its two comments. `${NAME:-}` becomes the value of the
 * environment or of `.env`, or an empty text, which programs treat as "not set".
 */
export function composeFile(present: string): string {
  const seen = new Set<string>()
  const text = present.replaceAll(BLOCK, (_block, indent: string, program: string) => {
    seen.add(program)
    const lines = [`# settings of ${program}: npm run generate`, ...passedTo(program), '# end of settings']
    return lines.map((line) => indent + line).join('\n')
  })
  for (const program of allSettings.keys()) {
    const takesPart = program !== 'npm start' && program !== 'compose'
    if (takesPart && !seen.has(program)) {
      throw new Error(`docker-compose.yml has no "# settings of ${program}" … "# end of settings"`)
    }
  }
  return text
}

function passedTo(program: string): string[] {
  const settings = allSettings.get(program)
  if (settings === undefined) throw new Error(`docker-compose.yml names "${program}", which has no settings`)
  const passed = settings
    .filter(({ name, isWiring }) => !isWiring && !KEPT_WITH_SECRETS.has(name))
    .map(({ name }) =>
      inFile(name)
        ? `${name}_FILE: /run/secrets/${name.toLowerCase()}`
        : `${name}: \${${name}:-${FALLBACKS[name] ?? ''}}`,
    )
  return program === 'services' ? [...passed, TOKENS_FROM] : passed
}
