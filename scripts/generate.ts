/**
 * Generates the types of the gRPC contracts (proto/gen), the API reference (docs/openapi.json) and the types of the client that
 * follow from it (packages/client/src/gen) and what of it breaks clients of the last release (docs/breaking-changes.md), the reference of
 * the messages on Kafka (docs/asyncapi.json and the tables of docs/events.md), the pages of settings (docs/settings.md) and of personal data
 * (docs/personal-data.md), the table of routes by role (docs/roles.md), the settings that docker-compose.yml passes on, and the list of
 * migrations that have landed, which it only adds to. With `--check` it writes nothing: it names each file that differs from what
 * it would write, and exits with 1 where there is one.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { clientTypes } from '../packages/client/generate-types.ts'
import { apiDocument } from './api-document.ts'
import { breakingChangesPage } from './breaking-changes-page.ts'
import { composeFile } from './compose-file.ts'
import { eventsDocument } from './events-document.ts'
import { eventsPage } from './events-page.ts'
import { addLanded, readMigrations } from './landed-migrations.ts'
import { personalDataPage } from './personal-data-page.ts'
import { rolesPage } from './roles-page.ts'
import { settingsPage } from './settings-page.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const PROTO = join(root, 'proto')
const TYPES = join(PROTO, 'gen')
const DOCUMENT = join(root, 'docs', 'openapi.json')
const BREAKING = join(root, 'docs', 'breaking-changes.md')
const CLIENT_TYPES = join(root, 'packages', 'client', 'src', 'gen', 'openapi.ts')
const EVENTS_DOCUMENT = join(root, 'docs', 'asyncapi.json')
const EVENTS_PAGE = join(root, 'docs', 'events.md')
const PERSONAL_DATA = join(root, 'docs', 'personal-data.md')
const SETTINGS = join(root, 'docs', 'settings.md')
const ROLES = join(root, 'docs', 'roles.md')
const COMPOSE = join(root, 'docker-compose.yml')
const LANDED = join(root, 'packages', 'migrations', 'landed.sha256')
const GENERATOR = '@grpc/proto-loader/build/bin/proto-loader-gen-types.js'

const run = promisify(execFile)

/** Contents by absolute path. */
type Files = Map<string, string>

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

async function makeTypes(): Promise<Files> {
  const contracts = (await filesIn(join(PROTO, 'frontrow')))
    .filter((path) => path.endsWith('.proto'))
    .toSorted()
  const folder = await mkdtemp(join(tmpdir(), 'frontrow-generate-'))
  try {
    const options = [
      '--longs=Number',
      '--enums=String',
      '--defaults',
      '--arrays',
      '--grpcLib=@grpc/grpc-js',
      '--targetFileExtension=.ts',
      '--importFileExtension=.ts',
      '--includeDirs=.',
      `--outDir=${folder}`,
    ]
    const names = contracts.map((path) => relative(PROTO, path))
    const generator = createRequire(import.meta.url).resolve(GENERATOR)
    await run(process.execPath, [generator, ...options, ...names], { cwd: PROTO, timeout: 60_000 })
    const made: Files = new Map()
    for (const path of await filesIn(folder)) {
      made.set(join(TYPES, relative(folder, path)), await readFile(path, 'utf8'))
    }
    return made
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Reads the files that exist now; a path without a file is left out. */
async function readPresent(paths: Iterable<string>): Promise<Files> {
  const present: Files = new Map()
  for (const path of paths) {
    try {
      present.set(path, await readFile(path, 'utf8'))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  return present
}

async function main(): Promise<void> {
  const made = await makeTypes()
  const document = `${JSON.stringify(await apiDocument(), null, 2)}\n`
  made.set(DOCUMENT, document)
  made.set(BREAKING, await breakingChangesPage(document))
  made.set(CLIENT_TYPES, await clientTypes(document))
  made.set(EVENTS_DOCUMENT, `${JSON.stringify(await eventsDocument(), null, 2)}\n`)
  made.set(EVENTS_PAGE, await eventsPage(await readFile(EVENTS_PAGE, 'utf8')))
  made.set(PERSONAL_DATA, await personalDataPage())
  made.set(SETTINGS, await settingsPage())
  made.set(ROLES, await rolesPage())
  made.set(COMPOSE, composeFile(await readFile(COMPOSE, 'utf8')))
  made.set(LANDED, addLanded(await readFile(LANDED, 'utf8'), await readMigrations()))
  await mkdir(TYPES, { recursive: true })
  const present = await readPresent(new Set([...made.keys(), ...(await filesIn(TYPES))]))
  const stale = [...made].filter(([path, content]) => present.get(path) !== content)
  const leftOver = [...present.keys()].filter((path) => !made.has(path))
  if (process.argv.includes('--check')) {
    for (const path of [...stale.map(([one]) => one), ...leftOver]) {
      console.error(`${relative(root, path)} is stale: run npm run generate`)
    }
    if (stale.length + leftOver.length > 0) process.exitCode = 1
    return
  }
  for (const [path, content] of stale) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
    console.log(`wrote ${relative(root, path)}`)
  }
  for (const path of leftOver) {
    await rm(path)
    console.log(`removed ${relative(root, path)}`)
  }
  console.log(`${made.size} generated files are up to date`)
}

await main()
