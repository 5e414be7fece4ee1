import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import type { Say } from './install.ts'
import { canChangeAccount, tiedToUs } from './run-as.ts'
import { runCommand } from './run-command.ts'
import { SetupProblem } from './setup-problem.ts'

const KAFKA_VERSION = '4.3.1'
const POM = join(import.meta.dirname, '..', 'kafka', 'pom.xml')
/** Written last, so that a cut-off download never counts. It holds the pom's digest: a changed pom is fetched anew. */
const MARKER = 'complete'
const DOWNLOAD_TIMEOUT_MS = 900_000

/** The folder with Kafka's jars, shared by all copies and runs of this user; null when they are not there yet. */
export function findKafkaJars(): string | null {
  const folder = jarsFolder()
  if (!isComplete(folder)) copyEarlier(folder)
  return isComplete(folder) ? folder : null
}

function isComplete(folder: string): boolean {
  const marker = join(folder, MARKER)
  return existsSync(marker) && readFileSync(marker, 'utf8') === pomDigest()
}

/** Earlier versions had root's below its home, which Kafka can't read under an account of its own. */
function copyEarlier(folder: string): void {
  const earlier = join(homedir(), '.cache', 'frontrow', basename(folder))
  if (earlier === folder || !isComplete(earlier)) return
  const partial = `${folder}.${process.pid}`
  cpSync(earlier, partial, { recursive: true })
  // Another start may have done the same meanwhile, and its Kafka run from there.
  if (isComplete(folder)) return rmSync(partial, { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  renameSync(partial, folder)
}

/** Has Maven fetch Kafka's jars, checked against their published digests; returns their folder. */
export async function fetchKafkaJars(mvn: string, say: Say, signal?: AbortSignal): Promise<string> {
  const folder = jarsFolder()
  // Each run fetches into a folder of its own and renames it at the end, so two runs can fetch at the same time.
  const partial = `${folder}.${process.pid}`
  say(`Fetching Apache Kafka ${KAFKA_VERSION} with Maven`)
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  try {
    const args = ['-q', '-B', '-C', '-f', POM, 'dependency:copy-dependencies']
    args.push('-DincludeScope=runtime', `-DoutputDirectory=${partial}`)
    const maven = tiedToUs(mvn, args, 'SIGTERM')
    const limits = { timeoutMs: DOWNLOAD_TIMEOUT_MS, signal }
    await runCommand("fetching Kafka's jars with Maven", maven.command, maven.args, limits)
    if (!existsSync(join(partial, `kafka_2.13-${KAFKA_VERSION}.jar`))) {
      throw new SetupProblem(`Maven fetched no Kafka jar. To see why, run: mvn ${args.join(' ')}`)
    }
    writeFileSync(join(partial, MARKER), pomDigest())
    rmSync(folder, { recursive: true, force: true })
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
}

function jarsFolder(): string {
  const own = canChangeAccount() ? '/var/cache' : join(homedir(), '.cache')
  const cache = process.env['XDG_CACHE_HOME'] ?? own
  return join(cache, 'frontrow', `kafka-${KAFKA_VERSION}`)
}

function pomDigest(): string {
  return createHash('sha256').update(readFileSync(POM)).digest('hex')
}
