/** Prints a JWT for development, as the identity provider would issue it: npm run token -- --user 101 [--admin] */
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { USER_ID_RULE, userId } from '@frontrow/values/ids'
import { z } from 'zod'
import { explainUsage, option, optionLines, readCommandLine, text } from './command-line.ts'
import { readSigner, signToken } from './development-tokens.ts'

const tokenOptions = z.object({
  user: option(
    text(USER_ID_RULE, (given) => userId.safeParse(given).success),
    '101',
    'whose token it is',
  ),
  admin: option(z.boolean().default(false), '', 'gives it the role admin'),
})
const usage = `npm run token -- --user 101 [--admin]\n\n${optionLines(tokenOptions)}`

async function main(argv: readonly string[]): Promise<number> {
  const line = readCommandLine(argv, tokenOptions)
  if (line.kind !== 'values') return explainUsage('token', line, usage)
  const { user, admin } = line.values
  process.stdout.write(
    `${await signToken(readSigner(process.env), user, admin ? { roles: ['admin'] } : {})}\n`,
  )
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
