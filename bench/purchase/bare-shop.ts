import { join } from 'node:path'
import { httpStatus } from '@frontrow/local-stack/http-status'
import { freePorts } from '@frontrow/local-stack/ports'
import { createKafka } from '@frontrow/messaging/kafka'
import { createTopics } from '@frontrow/messaging/topics'
import { createClient } from '@frontrow/postgres/pool'
import { createLogger } from '@frontrow/service-host/logger'
import { perService } from '../../scripts/services.ts'
import type { ServiceName } from '../../scripts/services.ts'
import { BARE_GATEWAY, startBareServer } from '../bare-stack.ts'
import { crowdToken } from '../requests.ts'
import { startBroker, startGateway, startNode, startStores } from '../temporary-servers.ts'
import type { TemporaryServers } from '../temporary-servers.ts'
import { bareTables, bareTopics } from './bare-tables.ts'
import { countOpenJobs } from './open-jobs.ts'
import { planVisits, seatsNeeded } from './shop.ts'
import type { Shop } from './shop.ts'

const ROLES = ['queue', 'catalog', 'reservation', 'payment', 'wallet'] as const
// The bare stack reads no bearer tokens. This one is as long as a token of development.
const BEARER_TOKEN = '.'.repeat(230)

/** Starts the hops of a purchase with no logic in them: Nginx, six Express servers, PostgreSQL, Redis and Kafka. */
export async function startBareShop(servers: TemporaryServers, buyers: number): Promise<Shop> {
  const [stores, broker] = await Promise.all([
    startStores(servers, 'bare-shop'),
    startBroker(servers, 'bare-shop'),
  ])
  await makeTables(stores.adminDatabaseUrl)
  await makeTopics(broker.address)
  const knownTokens = Array.from({ length: buyers }, (_none, index) => crowdToken(index + 1))
  const server = await startBareServer(servers, 'bare-shop', stores, knownTokens)
  const [queueGrpc = 0, ...httpPorts] = await freePorts(1 + ROLES.length)
  const ports = perService((name) => httpPorts[ROLES.indexOf(name)] ?? 0)
  const start = async (role: ServiceName): Promise<[string, number]> => {
    const { pid } = await startNode(servers, {
      name: `bare-shop-${role}`,
      args: [join(import.meta.dirname, 'bare-service.ts')],
      env: {
        ROLE: role,
        PORT: String(ports[role]),
        QUEUE_GRPC_PORT: String(queueGrpc),
        DATABASE_URL: stores.databaseUrl,
        REDIS_URL: stores.redisUrl,
        KAFKA_BROKERS: broker.address,
      },
      isReady: async () => (await httpStatus(ports[role], '/health/live')) === 200,
    })
    return [role, pid]
  }
  const pids = Object.fromEntries(await Promise.all(ROLES.map(start)))
  const gateway = await startGateway(servers, {
    stack: 'bare-shop',
    template: BARE_GATEWAY,
    servicePort: server.port,
    opsPort: server.port,
    ports: {
      catalog: ports.catalog,
      reservation: ports.reservation,
      payment: ports.payment,
      wallet: ports.wallet,
    },
  })
  return {
    stack: {
      port: gateway.port,
      pids: { nginx: gateway.pid, ...stores.pids, kafka: broker.pid, joins: server.pid, ...pids },
    },
    knownTokens,
    refusedPath: 'reservations/refused',
    mapPath: () => '/api/v1/concerts/1/schedules/1/seats',
    countOpenJobs: () => countOpenJobs(stores.adminDatabaseUrl, 'bare.jobs'),
    openSale: (round, count) =>
      planVisits(
        [
          {
            scheduleId: round + 1,
            seatIds: Array.from({ length: seatsNeeded(count, 1) }, (_none, id) => id + 1),
          },
        ],
        count,
        async (index) => ({ userId: `bare-${round}-${index}`, bearerToken: BEARER_TOKEN }),
      ),
  }
}

async function makeTables(adminDatabaseUrl: string): Promise<void> {
  const client = createClient(adminDatabaseUrl, 'bench')
  await client.connect()
  try {
    await client.query(bareTables)
  } finally {
    await client.end()
  }
}

async function makeTopics(broker: string): Promise<void> {
  const logger = createLogger({ service: 'bench', level: 'error' })
  const kafka = createKafka({ clientId: 'bench', brokers: [broker], logger })
  await createTopics(kafka, Object.values(bareTopics), { partitions: 1, replicationFactor: 1 })
}
