import { join } from 'node:path'
import { httpStatus } from '@frontrow/local-stack/http-status'
import { freePorts } from '@frontrow/local-stack/ports'
import { createClient } from '@frontrow/postgres/pool'
import { Redis } from 'ioredis'
import { BARE_ROOM_KEY, BARE_TABLE } from './bare-names.ts'
import { startGateway, startNode, startStores } from './temporary-servers.ts'
import type { Stores, TemporaryServers } from './temporary-servers.ts'

/** The settings of the gateway of a bare stack. */
export const BARE_GATEWAY = 'bench/bare-nginx.conf.template'

/** A stack that can be put under load and measured. */
export interface Stack {
  /** Where its gateway listens. */
  port: number
  /** The first process of each server, by the name of the server. With their children they are the whole stack. */
  pids: Readonly<Record<string, number>>
}

/** Starts Nginx, a server on Express and ioredis, Redis and PostgreSQL with an equivalent table. */
export async function startBareStack(servers: TemporaryServers, tokens: readonly string[]): Promise<Stack> {
  const stores = await startStores(servers, 'bare')
  const server = await startBareServer(servers, 'bare', stores, tokens)
  const gateway = await startGateway(servers, {
    stack: 'bare',
    template: BARE_GATEWAY,
    servicePort: server.port,
    opsPort: server.port,
  })
  return { port: gateway.port, pids: { nginx: gateway.pid, node: server.pid, ...stores.pids } }
}

/** Starts the server of joins and polls on these stores, with an answer in Redis for each of these queue tokens. */
export async function startBareServer(
  servers: TemporaryServers,
  stack: string,
  stores: Stores,
  tokens: readonly string[],
): Promise<{ port: number; pid: number }> {
  await makeTable(stores.adminDatabaseUrl)
  await fillRedis(stores.redisUrl, tokens)
  const [port = 0] = await freePorts(1)
  const { pid } = await startNode(servers, {
    name: `${stack}-server`,
    args: [join(import.meta.dirname, 'bare-server.ts')],
    env: { PORT: String(port), DATABASE_URL: stores.databaseUrl, REDIS_URL: stores.redisUrl },
    isReady: async () => (await httpStatus(port, '/health/live')) === 200,
  })
  return { port, pid }
}

/** Makes a table with the columns, checks and indexes that the queue's own table has. */
async function makeTable(adminDatabaseUrl: string): Promise<void> {
  const client = createClient(adminDatabaseUrl, 'bench')
  await client.connect()
  try {
    await client.query(`CREATE TABLE ${BARE_TABLE} (LIKE queue.queue_tokens INCLUDING ALL)`)
    await client.query(`GRANT SELECT, INSERT ON ${BARE_TABLE} TO queue`)
  } finally {
    await client.end()
  }
}

/** Stores an answer for each token that is as long as ours. */
async function fillRedis(url: string, tokens: readonly string[]): Promise<void> {
  const redis = new Redis(url)
  try {
    const answer = JSON.stringify({ sequence: 1_000, status: 'WAITING', filling: '.'.repeat(200) })
    await redis.set(BARE_ROOM_KEY, answer)
    if (tokens.length > 0) await redis.mset(...tokens.flatMap((token) => [token, answer]))
  } finally {
    redis.disconnect()
  }
}
