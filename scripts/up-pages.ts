import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '@frontrow/local-stack/run-command'
import { tiedToUs } from '@frontrow/local-stack/run-as'
import type { Stack } from './up-stack.ts'

const ROOT = join(import.meta.dirname, '..')
/** All that a build reads. The lockfile stands for the libraries. */
const SOURCES = [
  'package-lock.json',
  'web/**/*',
  'packages/client/**/*',
  'fairness/*',
  'services/catalog/docs-page/*',
  'docs/openapi.json',
]
const NOT_SOURCES = new Set(['node_modules', 'dist', 'test'])
/** Some 5 s on a quiet machine; one that is busy with thirty other programs took more than two minutes. */
const BUILD_TIMEOUT_MS = 300_000

/**
 * The folder of the built pages. They are built where their sources changed since; the folder's name is the hash of the sources, so
 * that a copy that runs from other sources never serves ours.
 */
export async function ensurePages(stack: Stack): Promise<string> {
  const parent = stack.folder('pages')
  // Nginx reads them under an account of its own, and they are for everybody anyway.
  chmodSync(parent, 0o755)
  const name = hashSources()
  const folder = join(parent, name)
  if (existsSync(folder)) return folder
  const began = Date.now()
  const unfinished = join(parent, 'unfinished')
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished)
  const line = tiedToUs(process.execPath, [join(ROOT, 'web', 'build', 'main.ts'), unfinished], 'SIGTERM')
  await runCommand('building the pages', line.command, line.args, {
    timeoutMs: BUILD_TIMEOUT_MS,
    cwd: ROOT,
    signal: stack.halted,
  })
  for (const old of readdirSync(parent)) {
    if (old !== 'unfinished') rmSync(join(parent, old), { recursive: true, force: true })
  }
  renameSync(unfinished, folder)
  stack.say(`The pages are built (${((Date.now() - began) / 1000).toFixed(1)} s)`)
  return folder
}

function hashSources(): string {
  const files = SOURCES.flatMap((pattern) =>
    globSync(pattern, { cwd: ROOT, withFileTypes: true, exclude: ({ name }) => NOT_SOURCES.has(name) }),
  )
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => !/\.test\.tsx?$/.test(path))
    .toSorted()
  const hash = createHash('sha256')
  for (const path of files)
    hash
      .update(`${path.slice(ROOT.length)}\0`)
      .update(readFileSync(path))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}
