/**
 * Tries the running system with what schemathesis makes of docs/openapi.json, as an admin and as a user: `npm run test:api`, with
 * `-- --seconds 60` for longer than 20 each, and with other requests each time. It is Python's (3.10 or later, with venv): the first run
 * installs it into DATA_DIR. Ends with 1 where an answer is a 5xx, has an undocumented status, header or body, or where a request that the
 * reference allows is refused.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '@frontrow/local-stack/run-command'
import { z } from 'zod'
import { tryReference } from './try-reference.ts'

const INSTALL_DEADLINE_MS = 300_000
const root = join(import.meta.dirname, '..', '..')

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } })
const seconds = z.coerce.number().int().min(1).max(3_600).parse(values.seconds)
const dataFolder = process.env['DATA_DIR'] ?? join(root, '.frontrow')
const url = `http://localhost:${process.env['PORT'] ?? '8080'}`
const environment = join(dataFolder, 'schemathesis')

await runCommand('installing schemathesis', join(import.meta.dirname, 'install.sh'), [environment], {
  timeoutMs: INSTALL_DEADLINE_MS,
})
for (const who of [
  ['--user', '1', '--admin'],
  ['--user', '101'],
]) {
  const token = await runCommand('a token', process.execPath, [join(root, 'scripts', 'token.ts'), ...who], {
    timeoutMs: 30_000,
  })
  const { status, output } = await tryReference({
    environment,
    url,
    token: token.trim(),
    args: [`--max-time=${seconds}`, '--generation-database=none'],
    // Each phase ends by itself within its time; the rest is for what it shrinks.
    deadlineMs: seconds * 3_000 + 60_000,
  })
  console.log(`\n${who.join(' ')}\n${output}`)
  if (status !== 0) process.exitCode = 1
}
