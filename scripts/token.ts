/** Prints a JWT for development, as the identity provider would issue it: npm run token -- --user 101 [--role operator] */
import { demoContact } from '@frontrow/identity-provider/accounts'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { email, locale } from '@frontrow/service-host/contact'
import { USER_ID_RULE, userId } from '@frontrow/values/ids'
import { ROLES } from '@frontrow/values/roles'
import { z } from 'zod'
import { explainUsage, option, optionLines, readCommandLine, text } from './command-line.ts'
import { readSigner, signToken } from './development-tokens.ts'

const NO_EMAIL = 'none'
const role = z.enum(ROLES)

const tokenOptions = z.object({
  user: option(
    text(USER_ID_RULE, (given) => userId.safeParse(given).success),
    '101',
    'whose token it is',
  ),
  admin: option(z.boolean().default(false), '', 'gives it the role admin'),
  role: option(
    text(`must be one of ${ROLES.join(', ')}`, (given) => role.safeParse(given).success)
      .pipe(role)
      .optional(),
    'operator',
    `gives it a role: ${ROLES.join(', ')}`,
  ),
  email: option(
    text(
      'must be a mail address, or none',
      (given) => given === NO_EMAIL || email.safeParse(given).success,
    ).optional(),
    'fan@example.com',
    'where mail goes; by default fan-<user>@frontrow.example, for which the mailbox is, and `none` for no address',
  ),
  locale: option(
    text('must be a language such as ko-KR', (given) => locale.safeParse(given).success).optional(),
    'ko',
    'language of mail',
  ),
})
const usage = `npm run token -- --user 101 [--admin | --role operator] [--email fan@example.com] [--locale ko]\n\n${optionLines(tokenOptions)}`

function emailOf(user: string, given: string | undefined): { email?: string } {
  if (given === undefined) return demoContact(user)
  return given === NO_EMAIL ? {} : { email: given }
}

async function main(argv: readonly string[]): Promise<number> {
  const line = readCommandLine(argv, tokenOptions)
  if (line.kind !== 'values') return explainUsage('token', line, usage)
  const { user, admin, role: given, ...contact } = line.values
  const token = await signToken(readSigner(process.env), user, {
    roles: admin ? ['admin'] : given === undefined ? [] : [given],
    ...emailOf(user, contact.email),
    ...(contact.locale === undefined ? {} : { locale: contact.locale }),
  })
  process.stdout.write(`${token}\n`)
  return 0
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error
    process.stderr.write(`token: ${error.message}\n`)
    process.exitCode = 1
  }
}
