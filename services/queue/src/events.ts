import type { Logger } from '@frontrow/service-host/logger'
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'

/** What happens in the waiting rooms, counted and logged. */
export interface QueueEvents {
  joined(join: { scheduleId: number; userId: string; sequence: number; straightIn: boolean }): void
  joinRefused(refusal: { scheduleId: number; userId: string; code: string }): void
  /** What a check at the join made of an answer: PASSED, UNCHECKED, or why it refused. */
  joinChecked(check: string, outcome: string): void
  admitted(scheduleId: number, count: number): void
  ended(scheduleId: number, how: 'LEFT' | 'USED' | 'EXPIRED', count: number): void
  /** Somebody was let in who had been told how long it would take; seconds. */
  estimateProved(predicted: number, actual: number): void
  steered(change: object): void
  /** All rooms that have live places. */
  roomsSeen(rooms: readonly { scheduleId: number; waiting: number; active: number }[]): void
  streams(open: number): void
}

// Each room is a label value of a gauge. Rooms past this number are left out, so that the gauge stays small.
const WATCHED_ROOMS_MAX = 200

/** Registers the business metrics of this service. */
export function createEvents(registry: Registry, logger: Logger): QueueEvents {
  const registers = [registry]
  const joins = new Counter({
    name: 'queue_joins_total',
    help: 'Joins, by what came of them',
    labelNames: ['outcome'] as const,
    registers,
  })
  const checks = new Counter({
    name: 'queue_join_checks_total',
    help: 'Answers to the check at the join, by what came of them',
    labelNames: ['check', 'outcome'] as const,
    registers,
  })
  const admissions = new Counter({
    name: 'queue_admissions_total',
    help: 'People let in: straight at their join, or by a round',
    labelNames: ['way'] as const,
    registers,
  })
  const ends = new Counter({
    name: 'queue_tokens_ended_total',
    help: 'Places that came to their end',
    labelNames: ['how'] as const,
    registers,
  })
  const waits = new Histogram({
    name: 'queue_wait_seconds',
    help: 'Waits of a sample of those let in: as predicted at the join, and as they were',
    labelNames: ['kind'] as const,
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 2_400, 3_600, 7_200],
    registers,
  })
  const ratios = new Histogram({
    name: 'queue_wait_estimate_ratio',
    help: 'Wait as it was, divided by the wait predicted at the join; 1 is right',
    buckets: [0.25, 0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2, 4],
    registers,
  })
  const open = new Gauge({ name: 'queue_place_streams', help: 'Open event streams', registers })
  let rooms: Parameters<QueueEvents['roomsSeen']>[0] = []
  const depth = new Gauge({
    name: 'queue_depth',
    help: 'People in busy waiting rooms',
    labelNames: ['schedule', 'state'] as const,
    registers,
    collect() {
      this.reset()
      for (const { scheduleId: schedule, waiting, active } of rooms) {
        this.set({ schedule, state: 'waiting' }, waiting)
        this.set({ schedule, state: 'active' }, active)
      }
    },
  })
  registry.registerMetric(depth)
  return {
    joined({ straightIn, ...join }) {
      joins.inc({ outcome: 'joined' })
      if (straightIn) admissions.inc({ way: 'join' })
      logger.debug({ ...join, straightIn }, 'joined')
    },
    joinRefused(refusal) {
      joins.inc({ outcome: refusal.code })
      logger.debug(refusal, 'join refused')
    },
    joinChecked: (check, outcome) => checks.inc({ check, outcome }),
    admitted(scheduleId, count) {
      admissions.inc({ way: 'round' }, count)
      logger.debug({ scheduleId, count }, 'people admitted')
    },
    ended(scheduleId, how, count) {
      ends.inc({ how }, count)
      logger.debug({ scheduleId, how, count }, 'places ended')
    },
    estimateProved(predicted, actual) {
      waits.observe({ kind: 'predicted' }, predicted)
      waits.observe({ kind: 'actual' }, actual)
      // Both count as at least a second, so that tiny waits give no huge ratios and a prediction of 0 can be divided by.
      ratios.observe(Math.max(1, actual) / Math.max(1, predicted))
    },
    steered: (change) => logger.info(change, 'a waiting room was steered'),
    roomsSeen(seen) {
      rooms = seen.slice(0, WATCHED_ROOMS_MAX)
    },
    streams: (count) => open.set(count),
  }
}
