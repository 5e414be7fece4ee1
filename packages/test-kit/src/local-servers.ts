import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePrograms } from '@frontrow/local-stack/install'
import type { Say } from '@frontrow/local-stack/install'
import { fetchKafkaJars, findKafkaJars } from '@frontrow/local-stack/kafka-jars'
import { startKafka } from '@frontrow/local-stack/kafka'
import { freePorts } from '@frontrow/local-stack/ports'
import { startPostgres } from '@frontrow/local-stack/postgres'
import type { RunningProcess } from '@frontrow/local-stack/process'
import type { ProgramName } from '@frontrow/local-stack/programs'
import { startRedis } from '@frontrow/local-stack/redis'
import type { RunningServers } from './running-servers.ts'

const ADMIN_ROLE = 'frontrow_admin'
const ADMIN_PASSWORD = 'throw-away'
const SHARED_MEMORY = '/dev/shm'
const SHARED_MEMORY_FREE_MIN_BYTES = 2_000_000_000
const MEMORY_FREE_MIN_BYTES = 6_000_000_000

/** Starts the machine's own servers on free ports with their data in a folder that goes away with them. */
export async function startLocalServers(say: Say): Promise<RunningServers> {
  const { redisProgram, java, jarsFolder } = await ensureLocalServerPrograms(say)
  const folder = makeFolder()
  const janitor = startJanitor(folder)
  const [postgresPort, redisPort, port, controllerPort] = await freePorts(4)
  if (postgresPort === undefined || redisPort === undefined) throw new Error('freePorts gave too few')
  if (port === undefined || controllerPort === undefined) throw new Error('freePorts gave too few')
  const files = (name: string): { dataFolder: string; logFile: string; pidFile: string } => ({
    dataFolder: join(folder, name),
    logFile: join(folder, 'log', `${name}.log`),
    pidFile: join(folder, 'run', `${name}.pid`),
  })
  const starting = await Promise.allSettled([
    startPostgres({
      ...files('postgres'),
      port: postgresPort,
      adminRole: ADMIN_ROLE,
      adminPassword: ADMIN_PASSWORD,
      database: 'frontrow',
      durable: false,
    }),
    startRedis({ ...files('redis'), program: redisProgram, port: redisPort, durable: false }),
    startKafka({ ...files('kafka'), java, jarsFolder, port, controllerPort }),
  ])
  const running = starting.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = (): Promise<void> => stopAll(running, janitor)
  for (const result of starting) {
    if (result.status === 'fulfilled') continue
    await stop()
    throw result.reason
  }
  return {
    postgresAdminUrl: `postgres://${ADMIN_ROLE}:${ADMIN_PASSWORD}@127.0.0.1:${postgresPort}/postgres`,
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    kafkaBrokers: `127.0.0.1:${port}`,
    stop,
  }
}

/** Finds or installs the programs of the local servers. */
export async function ensureLocalServerPrograms(
  say: Say,
): Promise<{ redisProgram: string; java: string; jarsFolder: string }> {
  const names: ProgramName[] = ['postgres', 'redis-server', 'java']
  const programs = await ensurePrograms(findKafkaJars() === null ? [...names, 'mvn'] : names, say)
  const { 'redis-server': redisProgram, java, mvn } = programs
  if (redisProgram === undefined || java === undefined) throw new Error('ensurePrograms left a program out')
  return { redisProgram, java, jarsFolder: findKafkaJars() ?? (await fetchKafkaJars(mvn ?? 'mvn', say)) }
}

/** Makes the data folder in memory where there is plenty: the data is thrown away, and a disk would slow the tests. */
function makeFolder(): string {
  const shared = existsSync(SHARED_MEMORY) ? statfsSync(SHARED_MEMORY) : null
  const roomy = shared !== null && shared.bavail * shared.bsize >= SHARED_MEMORY_FREE_MIN_BYTES
  const parent = roomy && freemem() >= MEMORY_FREE_MIN_BYTES ? SHARED_MEMORY : tmpdir()
  const folder = mkdtempSync(join(parent, 'frontrow-test-'))
  // When we are root PostgreSQL runs as another account, which must be able to enter the folder.
  chmodSync(folder, 0o711)
  mkdirSync(join(folder, 'run'))
  return folder
}

/**
 * Removes the folder when its standard input closes: the kernel closes that however our process ends. The kernel also
 * signals the servers then; those that have not stopped 20 s later are killed.
 */
const JANITOR_SCRIPT = `
cat > /dev/null
tries=0
while [ "$tries" -lt 40 ]; do
  living=
  for file in "$1"/run/*.pid; do
    [ -e "$file" ] && kill -0 "$(cat "$file")" 2> /dev/null && living="$living $(cat "$file")"
  done
  [ -z "$living" ] && break
  tries=$((tries + 1))
  sleep 0.5
done
[ -n "$living" ] && kill -9 $living 2> /dev/null
rm -rf -- "$1"
`

function startJanitor(folder: string): ChildProcess {
  const janitor = spawn('sh', ['-c', JANITOR_SCRIPT, 'janitor', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  janitor.unref()
  return janitor
}

async function stopAll(running: readonly RunningProcess[], janitor: ChildProcess): Promise<void> {
  await Promise.all(running.map((server) => server.stop()))
  const gone = new Promise((resolve) => janitor.once('exit', resolve))
  janitor.ref()
  janitor.stdin?.end()
  await gone
}
