/**
 * Tries the running system with what schemathesis makes of docs/openapi.json, as an admin and as a user: `npm run test:api`, with
 * `-- --seconds 60` for longer than 20 each. It is Python's (3.10 or later, with venv): the first run installs it into DATA_DIR. Ends with 1
 * where an answer is a 5xx, has an undocumented status, header or body, or where a request that the reference allows is refused.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'

const VERSION = '4.32.5'
const INSTALL_DEADLINE_MS = 300_000
const root = join(import.meta.dirname, '..', '..')

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } })
const seconds = z.coerce.number().int().min(1).max(3_600).parse(values.seconds)
const dataFolder = process.env['DATA_DIR'] ?? join(root, '.frontrow')
const url = `http://localhost:${process.env['PORT'] ?? '8080'}`
const python = join(dataFolder, `schemathesis-${VERSION}`)

if (!existsSync(join(python, 'bin', 'schemathesis'))) {
  const made = await run('python3', ['-m', 'venv', python], INSTALL_DEADLINE_MS)
  const pip = join(python, 'bin', 'pip')
  if (
    made !== 0 ||
    (await run(pip, ['install', '--quiet', `schemathesis==${VERSION}`], INSTALL_DEADLINE_MS)) !== 0
  ) {
    throw new Error('schemathesis could not be installed: it needs python3 with venv (Debian: python3-venv)')
  }
}
for (const who of [
  ['--user', '1', '--admin'],
  ['--user', '101'],
]) {
  const token = await output(process.execPath, [join(root, 'scripts', 'token.ts'), ...who])
  console.log(`\n${who.join(' ')}`)
  const code = await run(
    join(python, 'bin', 'schemathesis'),
    [
      `--config-file=${join(import.meta.dirname, 'schemathesis.toml')}`,
      'run',
      join(root, 'docs', 'openapi.json'),
      `--url=${url}`,
      `--header=Authorization: Bearer ${token.trim()}`,
      '--phases=examples,coverage,fuzzing',
      `--max-time=${seconds}`,
      '--generation-database=none',
    ],
    // Each phase ends by itself within its time; the rest is for what it shrinks.
    seconds * 3_000 + 60_000,
  )
  if (code !== 0) process.exitCode = 1
}

function run(program: string, args: readonly string[], deadlineMs: number): Promise<number> {
  const env = { ...process.env, PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: '1' }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: dataFolder, env, stdio: 'inherit', timeout: deadlineMs })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], timeout: 30_000 })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${args.join(' ')} ended with ${code}`)),
    )
  })
}
