import { existsSync } from 'node:fs'
import { findPrograms, onPath } from './programs.ts'
import type { ProgramName, Programs } from './programs.ts'
import { lastLines, tryCommand } from './run-command.ts'
import type { CommandResult } from './run-command.ts'
import { SetupProblem } from './setup-problem.ts'

/** Shows one line of progress. */
export type Say = (line: string) => void

/** Debian's packages; of several alternatives the first that the release has. */
const DEBIAN_PACKAGES: Record<ProgramName, readonly string[]> = {
  postgres: ['postgresql'],
  'redis-server': ['redis-server'],
  nginx: ['nginx'],
  java: ['openjdk-21-jre-headless', 'openjdk-17-jre-headless', 'openjdk-25-jre-headless'],
  mvn: ['maven'],
  openssl: ['openssl'],
}

/** What people are told to install by hand, and the package that has it on every Debian and Ubuntu. */
const BY_HAND: Record<ProgramName, { what: string; aptPackage: string }> = {
  postgres: { what: 'PostgreSQL 15 or later', aptPackage: 'postgresql' },
  'redis-server': { what: 'Redis 7 or later', aptPackage: 'redis-server' },
  nginx: { what: 'Nginx 1.22 or later', aptPackage: 'nginx' },
  java: { what: 'Java 17 or later', aptPackage: 'default-jre-headless' },
  mvn: { what: 'Maven', aptPackage: 'maven' },
  openssl: { what: 'openssl', aptPackage: 'openssl' },
}

const UPDATE_TIMEOUT_MS = 300_000
const INSTALL_TIMEOUT_MS = 900_000
const ASK_TIMEOUT_MS = 60_000

/**
 * Debian's packages start their servers on the well-known ports. A policy-rc.d that exits 101 forbids it. The file that
 * was there before must come back whatever happens to apt-get, so a shell trap restores it: our process may be killed.
 */
const INSTALL_SCRIPT = `
set -e
policy=/usr/sbin/policy-rc.d
restore() { rm -f "$policy"; if [ -e "$policy.saved-by-frontrow" ]; then mv "$policy.saved-by-frontrow" "$policy"; fi; }
trap restore EXIT
trap 'exit 130' INT TERM HUP
if [ -e "$policy" ] && [ ! -e "$policy.saved-by-frontrow" ]; then mv "$policy" "$policy.saved-by-frontrow"; fi
printf '#!/bin/sh\\nexit 101\\n' > "$policy"
chmod 755 "$policy"
apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=180 -o Dpkg::Use-Pty=0 install "$@"
`

/**
 * Finds the programs, and installs the missing ones from Debian where we may.
 * @throws SetupProblem that says what to install by hand, where we may not or it failed.
 */
export async function ensurePrograms(names: readonly ProgramName[], say: Say): Promise<Programs> {
  const found = await findPrograms(names)
  const missing = names.filter((name) => found[name] === undefined)
  if (missing.length === 0) return found
  const rootPrefix = await findRootPrefix()
  if (!existsSync('/usr/bin/apt-get') || rootPrefix === null) throw new SetupProblem(whatToInstall(missing))

  const packages = await debianPackages(missing, rootPrefix, say)
  // None of our programs needs curl, but the README's first steps buy a seat with it.
  if (onPath('curl').length === 0) packages.push('curl')
  say(`Installing ${packages.join(' ')} (Debian's packages, missing here)`)
  await install(packages, rootPrefix)
  const installed = await findPrograms(names)
  const stillMissing = names.filter((name) => installed[name] === undefined)
  if (stillMissing.length > 0) throw new SetupProblem(whatToInstall(stillMissing))
  await keepFromStartingAtBoot(missing, rootPrefix)
  return installed
}

/** The words before a command that make root run it: none as root, `sudo -n` where sudo asks nothing, else null. */
async function findRootPrefix(): Promise<string[] | null> {
  if (process.getuid?.() === 0) return []
  const sudo = await tryCommand('sudo', ['-n', 'true'], { timeoutMs: ASK_TIMEOUT_MS })
  return sudo.status === 0 ? ['sudo', '-n'] : null
}

function whatToInstall(missing: readonly ProgramName[]): string {
  const wanted = missing.map((name) => BY_HAND[name].what).join(', ')
  const packages = missing.map((name) => BY_HAND[name].aptPackage).join(' ')
  return `missing here: ${wanted}. Install them and start again (Debian, Ubuntu: sudo apt-get install ${packages})`
}

/** The packages to install. Updates Debian's package lists when a package is not in them. */
async function debianPackages(
  missing: readonly ProgramName[],
  rootPrefix: readonly string[],
  say: Say,
): Promise<string[]> {
  const known = await availablePackages(missing)
  if (known.length === missing.length) return known
  say("Fetching Debian's package lists")
  const update = await asRoot(rootPrefix, ['apt-get', '-qq', 'update'], UPDATE_TIMEOUT_MS)
  const updated = await availablePackages(missing)
  if (updated.length === missing.length) return updated
  const why = update.status === 0 ? 'the release has no such packages' : lastLines(update.output, 2)
  throw new SetupProblem(`${whatToInstall(missing)}; apt-get could not: ${why}`)
}

async function availablePackages(missing: readonly ProgramName[]): Promise<string[]> {
  const available: string[] = []
  for (const name of missing) {
    for (const candidate of DEBIAN_PACKAGES[name]) {
      const shown = await tryCommand('apt-cache', ['policy', candidate], { timeoutMs: ASK_TIMEOUT_MS })
      if (!/Candidate: \d/.test(shown.stdout)) continue
      available.push(candidate)
      break
    }
  }
  return available
}

async function install(packages: readonly string[], rootPrefix: readonly string[]): Promise<void> {
  const command = ['sh', '-c', INSTALL_SCRIPT, 'install', ...packages]
  const first = await asRoot(rootPrefix, command, INSTALL_TIMEOUT_MS)
  if (first.status === 0) return
  // Old package lists name versions that the mirrors no longer have.
  await asRoot(rootPrefix, ['apt-get', '-qq', 'update'], UPDATE_TIMEOUT_MS)
  const second = await asRoot(rootPrefix, command, INSTALL_TIMEOUT_MS)
  if (second.status === 0) return
  throw new SetupProblem(`apt-get could not install ${packages.join(' ')}: ${lastLines(second.output, 3)}`)
}

function asRoot(
  rootPrefix: readonly string[],
  command: readonly string[],
  timeoutMs: number,
): Promise<CommandResult> {
  const [program = '', ...args] = [...rootPrefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command]
  return tryCommand(program, args, { timeoutMs })
}

/** Keeps the servers that we installed from starting on the well-known ports when the machine boots next. */
async function keepFromStartingAtBoot(
  installed: readonly ProgramName[],
  rootPrefix: readonly string[],
): Promise<void> {
  if (!existsSync('/run/systemd/system')) return
  const units: Partial<Record<ProgramName, string>> = {
    postgres: 'postgresql.service',
    'redis-server': 'redis-server.service',
    nginx: 'nginx.service',
  }
  for (const name of installed) {
    const unit = units[name]
    if (unit === undefined) continue
    const disabled = await asRoot(rootPrefix, ['systemctl', 'disable', '--quiet', unit], ASK_TIMEOUT_MS)
    if (disabled.status !== 0) {
      throw new SetupProblem(`systemctl could not disable ${unit}: ${lastLines(disabled.output, 2)}`)
    }
  }
}
