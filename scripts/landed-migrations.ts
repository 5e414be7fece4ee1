import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serviceSchemas } from './services.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The contents of all migrations, by their paths from the root of the repository. */
export async function readMigrations(): Promise<Map<string, string>> {
  const folders = new Set(serviceSchemas(() => '').flatMap(({ directories }) => directories))
  const migrations = new Map<string, string>()
  for (const folder of [...folders].toSorted()) {
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted()) {
      migrations.set(relative(ROOT, join(folder, name)), await readFile(join(folder, name), 'utf8'))
    }
  }
  return migrations
}

/**
 * Adds the migrations that `list` does not name yet, each as `<SHA-256>  <path>`, as sha256sum writes it. Throws where one that it names was edited,
 * renamed or removed: databases that have applied it refuse the next start, so what is to be different belongs into a new file. One that was
 * never on the main branch may be edited after its line is taken out of the list.
 */
export function addLanded(list: string, migrations: ReadonlyMap<string, string>): string {
  const hashes = new Map(
    [...migrations].map(([path, sql]) => [path, createHash('sha256').update(sql).digest('hex')]),
  )
  const landed = new Map(
    list.split('\n').flatMap((line): [string, string][] => {
      const [hash = '', path] = line.split('  ')
      return path === undefined ? [] : [[path, hash]]
    }),
  )
  for (const [path, hash] of landed) {
    if (hashes.get(path) === hash) continue
    throw new Error(
      `the migration ${path} has landed and was edited, renamed or removed; write a new one instead`,
    )
  }
  return [...hashes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, hash]) => `${hash}  ${path}\n`)
    .join('')
}
