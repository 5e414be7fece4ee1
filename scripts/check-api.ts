/**
 * Lints docs/openapi.json with Redocly by redocly.yaml, and names what would break a client of the last release. Ends with 1 where the
 * linter finds something; breaking changes are for people to judge. With `--release` it first writes the API of this version to docs/releases,
 * which later versions are compared with.
 */
import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { essentialOf } from './breaking-changes.ts'
import { changesSinceRelease } from './breaking-changes-page.ts'

const root = join(import.meta.dirname, '..')
const REDOCLY = join(root, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js')

const document = await readFile(join(root, 'docs', 'openapi.json'), 'utf8')
if (process.argv.includes('--release')) {
  const { info } = z.object({ info: z.object({ version: z.string() }) }).parse(JSON.parse(document))
  const path = join(root, 'docs', 'releases', `openapi-${info.version}.json`)
  await writeFile(path, `${JSON.stringify(essentialOf(JSON.parse(document)))}\n`)
}
process.exitCode = await lint()
const { release, changes } = await changesSinceRelease(document)
console.log(`${changes.length} breaking changes since ${release}${changes.length === 0 ? '' : ':'}`)
for (const change of changes) console.log(`  ${change}`)

function lint(): Promise<number> {
  const args = [REDOCLY, 'lint', 'docs/openapi.json', '--format=stylish']
  // It neither tells anybody that it ran nor asks whether there is a newer one.
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit', timeout: 60_000 })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
