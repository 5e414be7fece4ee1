/** Makes a new key for the tokens of development: npm run keys:rotate. The old one is accepted until its tokens have ended. */
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { z } from 'zod'
import { explainUsage, readCommandLine } from './command-line.ts'
import { dataFolderOf, rotateSigningKey } from './up-settings.ts'

const usage = 'npm run keys:rotate   (for the copy of DATA_DIR, which may be running)'

async function main(argv: readonly string[]): Promise<number> {
  const line = readCommandLine(argv, z.object({}))
  if (line.kind !== 'values') return explainUsage('keys:rotate', line, usage)
  const { before, after } = await rotateSigningKey(dataFolderOf(process.env), new Date())
  const until = after.jwtPreviousKeys.at(-1)?.publishedUntil ?? ''
  const takenUp = process.env['JWKS_URL']
    ? 'JWKS_URL is set, so a running copy takes it up when it is started again.'
    : 'A running copy takes it up by itself.'
  process.stdout.write(
    `Tokens are signed by the key ${after.jwtKeyId} from now on. ${takenUp}\n` +
      `Those of the key ${before.jwtKeyId} are accepted until ${until}.\n`,
  )
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof SetupProblem)) throw error
  process.stderr.write(`keys:rotate: ${error.message}\n`)
  process.exitCode = 1
}
