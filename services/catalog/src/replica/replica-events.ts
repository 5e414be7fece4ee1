import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Logger } from '@frontrow/service-host/logger'
import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

/** Who answered a read: the primary alone, or after the replica could not. */
export type AnsweredBy = 'replica' | 'primary' | 'primary_after_replica'

/** What happens to the replica, counted and logged. */
export interface ReplicaEvents {
  readAnswered(by: AnsweredBy): void
  /** The replica can't be used; a warning the first time, then once a minute. */
  unwell(error: unknown): void
  /** A look found it well. */
  well(ageMs: number): void
  /** A read failed there, while the replica is well otherwise. */
  readFailed(error: unknown): void
}

/** Registers the metrics of the replica; `ageMs` and `isUsed` are asked for at each scrape. */
export function createReplicaEvents(
  registry: Registry,
  logger: Logger,
  now: { ageMs: () => number; isUsed: () => boolean },
): ReplicaEvents {
  const registers = [registry]
  const failures = new FailureLog(logger, 'reads go to the primary, because the replica is not well')
  const reads = new Counter({
    name: 'catalog_reads_total',
    help: 'Reads that the replica may answer, by who did',
    labelNames: ['answered_by'] as const,
    registers,
  })
  registry.registerMetric(
    new Gauge({
      name: 'catalog_replica_used',
      help: '1 while reads go to the replica, 0 while they go to the primary',
      registers: [],
      collect() {
        this.set(now.isUsed() ? 1 : 0)
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'catalog_replica_age_seconds',
      help: 'How old what the replica shows may be; +Inf where that is unknown',
      registers: [],
      collect() {
        this.set(now.ageMs() / 1_000)
      },
    }),
  )
  return {
    readAnswered: (by) => reads.inc({ answered_by: by }),
    unwell: (error) => failures.failed(error),
    well(ageMs) {
      if (failures.count > 0) logger.info({ ageMs: Math.round(ageMs) }, 'the replica is well again')
      failures.succeeded()
    },
    readFailed: (error) => logger.debug({ err: error }, 'a read failed on the replica'),
  }
}
