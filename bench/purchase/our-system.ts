import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { httpStatus } from '@frontrow/local-stack/http-status'
import { freePorts } from '@frontrow/local-stack/ports'
import { z } from 'zod'
import { signerOf } from '../../scripts/development-tokens.ts'
import type { DevelopmentSigner } from '../../scripts/development-tokens.ts'
import { serviceNames } from '../../scripts/services.ts'
import { readSecrets } from '../../scripts/up-settings.ts'
import type { Stack } from '../bare-stack.ts'
import { startNode } from '../temporary-servers.ts'
import type { TemporaryServers } from '../temporary-servers.ts'

/** The whole system, as `npm start` runs it: the five services, the process that sends mail, PostgreSQL, Redis, Kafka and Nginx. */
export interface OurSystem extends Stack {
  adminDatabaseUrl: string
  /** Where each service answers /metrics. */
  opsPorts: readonly number[]
  /** The folder of Kafka's data. */
  kafkaFolder: string
  signer: DevelopmentSigner
}

const READY_DEADLINE_MS = 180_000
const STOP_DEADLINE_MS = 60_000
const SERVERS = ['nginx', 'postgres', 'redis', 'kafka', ...serviceNames, 'notify'] as const

const addresses = z.object({
  postgres: z.url(),
  services: z.record(z.string(), z.object({ ops: z.int() })),
})

/** Starts scripts/up.ts with a data folder and ports of its own, and waits until the gateway says that all of it is ready. */
export async function startOurSystem(
  servers: TemporaryServers,
  name: string,
  profileFolder: string | undefined,
): Promise<OurSystem> {
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const dataFolder = join(servers.folder, name)
  const pids: Record<string, number> = {}
  if (profileFolder !== undefined) {
    mkdirSync(profileFolder, { recursive: true })
    // Registered before the system is, and so done after it has stopped.
    servers.defer(() => nameProfiles(resolve(profileFolder), name, pids))
  }
  await startNode(servers, {
    name,
    args: [join(import.meta.dirname, '..', '..', 'scripts', 'up.ts')],
    env: {
      PORT: String(port),
      TLS_PORT: String(tlsPort),
      DATA_DIR: dataFolder,
      // Each buyer sends all requests of a purchase within moments.
      TOKEN_REQUESTS_PER_SECOND: '100000',
      TOKEN_BURST: '100000',
      ...(profileFolder === undefined
        ? {}
        : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(profileFolder)}` }),
    },
    isReady: async () => (await httpStatus(port, '/health/ready')) === 200,
    readyDeadlineMs: READY_DEADLINE_MS,
    stopDeadlineMs: STOP_DEADLINE_MS,
  })
  for (const server of SERVERS) {
    pids[server] = Number(readFileSync(join(dataFolder, 'run', `${server}.pid`), 'utf8'))
  }
  const found = addresses.parse(JSON.parse(readFileSync(join(dataFolder, 'run', 'addresses.json'), 'utf8')))
  const secrets = readSecrets(dataFolder)
  if (secrets === null) throw new Error('the system has no settings')
  return {
    port,
    pids,
    adminDatabaseUrl: found.postgres,
    opsPorts: Object.values(found.services).map(({ ops }) => ops),
    kafkaFolder: join(dataFolder, 'kafka', 'log'),
    signer: signerOf(secrets, process.env),
  }
}

/** Names the profiles of the services after them, and removes those of the programs that ran at the start. */
function nameProfiles(folder: string, system: string, pids: Readonly<Record<string, number>>): void {
  const serviceOf = new Map(serviceNames.map((name) => [pids[name], name]))
  for (const file of readdirSync(folder)) {
    // Node names them CPU.<day>.<time>.<process>.<thread>.<number>.cpuprofile.
    const pid = /^CPU\.\d+\.\d+\.(\d+)\.\d+\.\d+\.cpuprofile$/.exec(file)?.[1]
    if (pid === undefined) continue
    const service = serviceOf.get(Number(pid))
    if (service === undefined) rmSync(join(folder, file))
    else renameSync(join(folder, file), join(folder, `${system}-${service}.cpuprofile`))
  }
}
