import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePorts } from '@frontrow/local-stack/ports'
import { z } from 'zod'
import { HEAP_FLAGS } from '../scripts/up-services.ts'
import type { Stack } from './bare-stack.ts'
import type { LoadProcess } from './load-process.ts'
import { joinRequest } from './requests.ts'
import { startGateway, startNode, startStores } from './temporary-servers.ts'
import type { TemporaryServers } from './temporary-servers.ts'

/** The queue service as a process of its own, behind the real gateway, on stores of its own. */
export interface QueueStack extends Stack {
  adminDatabaseUrl: string
  redisUrl: string
}

const ROOT = join(import.meta.dirname, '..')
const WAITING_MAX = 10_000_000
const FILL_CONNECTIONS = 64
const FILL_MS_MAX = 20_000
// No broker listens there. None is needed, because messages from Kafka do not concern people who wait.
const NO_BROKER = '127.0.0.1:9'

const notReady = z.object({ problems: z.record(z.string(), z.string()).default({}) })
const joined = z.object({ data: z.object({ token: z.uuid(), status: z.literal('WAITING') }) })

/** Starts the stack as `npm start` would, and waits until the service answers from Redis. */
export async function startQueueStack(
  servers: TemporaryServers,
  stack: { name: string; catalogAddress: string; jwksUrl: string; profileFolder: string | undefined },
): Promise<QueueStack> {
  const { name, profileFolder } = stack
  const stores = await startStores(servers, name)
  const [http = 0, grpc = 0, ops = 0] = await freePorts(3)
  if (profileFolder !== undefined) mkdirSync(profileFolder, { recursive: true })
  const profileFlags =
    profileFolder === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${resolve(profileFolder)}`, `--cpu-prof-name=${name}.cpuprofile`]
  const service = await startNode(servers, {
    name: `${name}-queue`,
    args: [...HEAP_FLAGS, ...profileFlags, join(ROOT, 'services', 'queue', 'src', 'main.ts')],
    env: {
      HTTP_PORT: String(http),
      GRPC_PORT: String(grpc),
      OPS_PORT: String(ops),
      DATABASE_URL: stores.databaseUrl,
      REDIS_URL: stores.redisUrl,
      KAFKA_BROKERS: NO_BROKER,
      CATALOG_GRPC: stack.catalogAddress,
      JWKS_URL: stack.jwksUrl,
      WAITING_MAX: String(WAITING_MAX),
      MALLOC_ARENA_MAX: '2',
      UV_THREADPOOL_SIZE: '2',
    },
    isReady: () => isReady(ops),
  })
  const template = 'gateway/nginx/nginx.conf.template'
  const gateway = await startGateway(servers, { stack: name, template, servicePort: http, opsPort: ops })
  return {
    port: gateway.port,
    pids: { nginx: gateway.pid, node: service.pid, ...stores.pids },
    adminDatabaseUrl: stores.adminDatabaseUrl,
    redisUrl: stores.redisUrl,
  }
}

/** Whether the service is ready, apart from Kafka. */
async function isReady(opsPort: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${opsPort}/health/ready`)
    const { problems } = notReady.parse(await answer.json())
    return Object.keys(problems).every((name) => name === 'kafka')
  } catch {
    // The service does not listen yet.
    return false
  }
}

/** Makes a room in which nobody is let in. */
export async function openPausedRoom(
  stack: QueueStack,
  scheduleId: number,
  adminToken: string,
): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${stack.port}/api/v1/admin/queues/${scheduleId}`, {
    method: 'PATCH',
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${adminToken}`,
    },
    body: JSON.stringify({ paused: true }),
  })
  if (answer.status !== 200)
    throw new Error(`the room was not paused: ${answer.status} ${await answer.text()}`)
}

/** Lets people join a room over the API. Returns their queue tokens; throws where not all could join. */
export async function joinPeople(
  load: LoadProcess,
  stack: QueueStack,
  scheduleId: number,
  bearerTokens: readonly string[],
): Promise<string[]> {
  const { bodies } = await load.runClean({
    port: stack.port,
    connections: FILL_CONNECTIONS,
    forMs: FILL_MS_MAX,
    requests: bearerTokens.map((token) => joinRequest(scheduleId, token)),
    repeat: false,
    keepBodies: true,
  })
  if (bodies.length !== bearerTokens.length) {
    throw new Error(`${bodies.length} of ${bearerTokens.length} people joined in time`)
  }
  return bodies.map((body) => joined.parse(JSON.parse(body)).data.token)
}
