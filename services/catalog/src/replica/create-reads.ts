import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import type { ServiceHost } from '@frontrow/service-host/host'
import { watchPool } from '@frontrow/service-host/metrics'
import type { CatalogConfig } from '../config.ts'
import { createReplicaEvents } from './replica-events.ts'
import { ReplicaReads } from './replica-reads.ts'
import { primaryReads } from './reads.ts'
import type { Reads } from './reads.ts'

const LOOK_EVERY_MS = 1_000
// A layout of 100,000 seats, the largest answer, is read in a part of this.
const DEADLINE_MS = 1_000

/** The reads of this service: on the replica that the settings name, looked at once a second, or all on the primary. */
export function createReads(host: ServiceHost, config: CatalogConfig): Reads {
  const { CATALOG_READ_DATABASE_URL, DATABASE_URL, DATABASE_POOL_MAX, REPLICA_LAG_MAX_MS } = config
  if (CATALOG_READ_DATABASE_URL === undefined) return primaryReads(host.pool)
  const replica = openPool(host, {
    name: 'replica',
    url: withLoginOf(DATABASE_URL, CATALOG_READ_DATABASE_URL),
    max: DATABASE_POOL_MAX,
  })
  const watch = openPool(host, { name: 'replica_watch', url: DATABASE_URL, max: 1 })
  const reads: ReplicaReads = new ReplicaReads({
    primary: host.pool,
    replica,
    watch,
    lagMaxMs: REPLICA_LAG_MAX_MS,
    deadlineMs: DEADLINE_MS,
    events: createReplicaEvents(host.metrics.registry, host.logger, {
      ageMs: () => reads.ageMs,
      isUsed: () => reads.isUsed,
    }),
  })
  // What a look tells is good for REPLICA_LAG_MAX_MS, so the next one has to come before that is over.
  host.every('look at the replica', Math.min(LOOK_EVERY_MS, REPLICA_LAG_MAX_MS / 2), () => reads.look())
  return reads
}

function openPool(host: ServiceHost, { name, url, max }: { name: string; url: string; max: number }): Pool {
  const pool = createPool({
    url,
    applicationName: `catalog-${name.replace('_', '-')}`,
    max,
    statementTimeoutMs: DEADLINE_MS,
    // A server that goes away breaks all connections at once; the look tells of it in one line.
    onError: (error) => host.logger.debug({ err: error }, 'a database connection broke'),
  })
  host.lifecycle.add(`database: ${name}`, () => pool.end())
  watchPool(host.metrics.registry, pool, name)
  return pool
}

/** `url` with the role and the password of `loginUrl` where it names no role. */
function withLoginOf(loginUrl: string, url: string): string {
  const target = new URL(url)
  if (target.username !== '') return url
  const { username, password } = new URL(loginUrl)
  target.username = username
  target.password = password
  return target.href
}
