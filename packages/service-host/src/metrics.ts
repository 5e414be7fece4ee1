import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { LabelValues } from 'prom-client'
import type { Pool } from '@frontrow/postgres/pool'
import { transactionsWaiting } from '@frontrow/postgres/transaction-turns'

/** Records one answered request. */
export interface HttpMetrics {
  observe(route: { method: string; path: string }, status: number, seconds: number): void
}

/** What every service counts. Several services can live in one process (tests), so each has a registry of its own. */
export interface HostMetrics {
  registry: Registry
  http: HttpMetrics
  refusedForOverload: Counter<'urgency'>
  grpcServed: Histogram<'method' | 'code'>
  grpcRefused: Counter<'method'>
  grpcCalled: Histogram<'target' | 'method' | 'code'>
  breakerState: Gauge<'target'>
  messages: Counter<'topic' | 'type' | 'outcome'>
  messageSeconds: Histogram<'type'>
  messagesPerBatch: Histogram
  kafkaRequests: Counter<'api'>
  consumerLag: Gauge<'topic' | 'partition'>
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** The registry of one service with the host's metrics in it. */
export function createMetrics(service: string, options: { processMetrics: boolean }): HostMetrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  if (options.processMetrics) watchProcess(registry)
  const registers = [registry]
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests answered, by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers,
  })
  return {
    registry,
    http: observeRequests(requests),
    refusedForOverload: new Counter({
      name: 'http_requests_refused_for_overload_total',
      help: 'Requests refused before anything was done for them, because work had waited too long',
      labelNames: ['urgency'] as const,
      registers,
    }),
    grpcServed: new Histogram({
      name: 'grpc_server_duration_seconds',
      help: 'gRPC calls answered',
      labelNames: ['method', 'code'] as const,
      buckets: SECONDS,
      registers,
    }),
    grpcRefused: new Counter({
      name: 'grpc_server_refused_total',
      help: 'gRPC calls refused before anything was done for them, because the method is not for their caller',
      labelNames: ['method'] as const,
      registers,
    }),
    grpcCalled: new Histogram({
      name: 'grpc_client_duration_seconds',
      help: 'gRPC calls made to other services',
      labelNames: ['target', 'method', 'code'] as const,
      buckets: SECONDS,
      registers,
    }),
    breakerState: new Gauge({
      name: 'circuit_breaker_open',
      help: '1 while calls to the target fail fast',
      labelNames: ['target'] as const,
      registers,
    }),
    messages: new Counter({
      name: 'messages_consumed_total',
      help: 'Messages taken from Kafka, by what became of them',
      labelNames: ['topic', 'type', 'outcome'] as const,
      registers,
    }),
    messageSeconds: new Histogram({
      name: 'message_handling_seconds',
      help: 'Time from delivery to the end of its transaction',
      labelNames: ['type'] as const,
      buckets: SECONDS,
      registers,
    }),
    messagesPerBatch: new Histogram({
      name: 'messages_per_transaction',
      help: 'Messages that were applied together',
      buckets: [1, 2, 3, 5, 10, 20, 50, 100, 200],
      registers,
    }),
    kafkaRequests: new Counter({
      name: 'kafka_requests_total',
      help: 'Requests to the brokers, by their kind',
      labelNames: ['api'] as const,
      registers,
    }),
    consumerLag: new Gauge({
      name: 'consumer_lag_messages',
      help: 'Messages of a partition that are not handled yet, as of its last batch',
      labelNames: ['topic', 'partition'] as const,
      registers,
    }),
  }
}

/**
 * prom-client's usual metrics of the process, without the distribution of the event loop's lag. A timer samples that lag:
 * its interval is part of every sample, and its default of 10 ms wakes an idle process 100 times a second.
 */
function watchProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 3_600_000 })
  for (const statistic of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']) {
    registry.removeSingleMetric(`nodejs_eventloop_lag_${statistic}_seconds`)
  }
  let before = performance.eventLoopUtilization()
  const utilization = new Gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of the time since the last scrape in which the event loop had work',
    registers: [registry],
    collect() {
      const now = performance.eventLoopUtilization()
      this.set(performance.eventLoopUtilization(now, before).utilization)
      before = now
    },
  })
  registry.registerMetric(utilization)
}

/** Remembers the series of each route and status, because looking one up by its labels was 2 % of the cost of a poll. */
function observeRequests(requests: Histogram<'method' | 'route' | 'status'>): HttpMetrics {
  const routes = new Map<object, (status: number, seconds: number) => void>()
  return {
    observe(route, status, seconds) {
      const known = routes.get(route)
      if (known !== undefined) return known(status, seconds)
      const observe = seriesOf(requests, (one: number) => ({
        method: route.method,
        route: route.path,
        status: one,
      }))
      routes.set(route, observe)
      observe(status, seconds)
    },
  }
}

/** Observes seconds by one label that varies; the series of each of its values, of which there are few, is remembered. */
export function seriesOf<V extends string | number, L extends string>(
  histogram: Histogram<L>,
  labelsOf: (value: V) => LabelValues<L>,
): (value: V, seconds: number) => void {
  const series = new Map<V, { observe(seconds: number): void }>()
  return (value, seconds) => {
    const known = series.get(value) ?? histogram.labels(labelsOf(value))
    series.set(value, known)
    known.observe(seconds)
  }
}

/** Pool use, read at each scrape. */
export function watchPool(registry: Registry, pool: Pool, name = 'main'): void {
  const gauge = new Gauge({
    name: `pg_pool_${name}_connections`,
    help: 'Connections of the pool: total, idle, and requests waiting for one',
    labelNames: ['state'] as const,
    registers: [registry],
    collect() {
      this.set({ state: 'total' }, pool.totalCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount + transactionsWaiting(pool))
    },
  })
  gauge.set({ state: 'total' }, 0)
}

/** A gauge that a query or a count fills at each scrape; a scrape that fails leaves the last value and is reported. */
export function watchValue(
  registry: Registry,
  metric: { name: string; help: string; labelName?: string },
  read: () => Promise<readonly { label?: string; value: number }[]>,
  onError: (error: unknown) => void,
): void {
  const labelNames = metric.labelName === undefined ? [] : [metric.labelName]
  const gauge = new Gauge({
    name: metric.name,
    help: metric.help,
    labelNames,
    registers: [registry],
    async collect() {
      try {
        const values = await read()
        this.reset()
        for (const { label, value } of values) {
          if (metric.labelName === undefined) this.set(value)
          else this.set({ [metric.labelName]: label ?? '' }, value)
        }
      } catch (error) {
        onError(error)
      }
    },
  })
  registry.registerMetric(gauge)
}
