import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { tryCommand } from './run-command.ts'

/** A program that the local stack runs. */
export type ProgramName = 'postgres' | 'redis-server' | 'nginx' | 'java' | 'mvn' | 'openssl'

/** Where each program was found; for PostgreSQL it is the server itself, its tools lie beside it. */
export type Programs = Partial<Record<ProgramName, string>>

/** The lowest versions this was tried with. */
export const POSTGRES_MAJOR_MIN = 15
export const JAVA_MAJOR_MIN = 17

/** The tools that must lie beside PostgreSQL's server. */
const POSTGRES_TOOLS = ['initdb', 'pg_isready', 'createdb']

const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin']
const VERSION_TIMEOUT_MS = 60_000

/** Looks for the named programs; what is missing or too old is left out. */
export async function findPrograms(names: readonly ProgramName[]): Promise<Programs> {
  const found: Programs = {}
  for (const name of names) {
    const path = await findProgram(name)
    if (path !== null) found[name] = path
  }
  return found
}

async function findProgram(name: ProgramName): Promise<string | null> {
  if (name === 'postgres') return (await findPostgres())?.server ?? null
  if (name === 'java') return findJava()
  return onPath(name)[0] ?? null
}

/** PostgreSQL's server: the newest one, or the one of the given major version where data of that version exists. */
export async function findPostgres(major?: number): Promise<{ server: string; major: number } | null> {
  const versions = subfolders('/usr/lib/postgresql').map((folder) => join(folder, 'bin', 'postgres'))
  // A link on the PATH may lie in a folder without the tools, so it is resolved to the real server.
  const candidates = [...versions, ...onPath('postgres')]
    .filter(isExecutable)
    .map((path) => realpathSync(path))
  let best: { server: string; major: number } | null = null
  for (const server of new Set(candidates)) {
    if (!POSTGRES_TOOLS.every((tool) => isExecutable(join(dirname(server), tool)))) continue
    const version = await majorVersion(server, ['--version'], /PostgreSQL\) (\d+)/)
    if (version === null || version < POSTGRES_MAJOR_MIN) continue
    const fits = major === undefined || version === major
    if (fits && version > (best?.major ?? 0)) best = { server, major: version }
  }
  return best
}

async function findJava(): Promise<string | null> {
  const home = process.env['JAVA_HOME']
  const homes = [...(home === undefined ? [] : [home]), ...subfolders('/usr/lib/jvm')]
  const candidates = [...onPath('java'), ...homes.map((folder) => join(folder, 'bin', 'java'))]
  for (const java of candidates.filter(isExecutable)) {
    const version = await majorVersion(java, ['-version'], /version "(\d+)/)
    if (version !== null && version >= JAVA_MAJOR_MIN) return java
  }
  return null
}

async function majorVersion(command: string, args: string[], pattern: RegExp): Promise<number | null> {
  const { output } = await tryCommand(command, args, { timeoutMs: VERSION_TIMEOUT_MS })
  const major = pattern.exec(output)?.[1]
  return major === undefined ? null : Number(major)
}

/** The paths of a program of this name, in the order of PATH and then of the system's folders. */
export function onPath(name: string): string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS]
  return [...new Set(folders)].map((folder) => join(folder, name)).filter(isExecutable)
}

function subfolders(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  return readdirSync(folder).map((name) => join(folder, name))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // A file that is not there, or that we may not execute, is no program for us.
    return false
  }
}
