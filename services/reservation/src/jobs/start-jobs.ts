import type { ServiceHost } from '@frontrow/service-host/host'
import { watchValue } from '@frontrow/service-host/metrics'
import { Counter } from 'prom-client'
import type { PaymentCalls } from '../clients.ts'
import type { Context } from '../context.ts'
import { countOpenJobs, deleteEndedJobs } from '../sql/jobs.ts'
import { findReservation } from '../sql/reservations.ts'
import { createJobIntake } from './accept-holds.ts'
import type { JobIntake } from './accept-holds.ts'
import { createJobLooks } from './get-job.ts'
import type { JobReader } from './get-job.ts'
import { JobEnds } from './job-ends.ts'
import { JobWorkers } from './job-workers.ts'
import type { JobEvents } from './job-workers.ts'

/** The jobs of this process: how they are accepted, looked at and run. */
export interface Jobs {
  intake: JobIntake
  reader: JobReader
  workers: JobWorkers
  /** Call it when the service listens, so that waits and workers end before what they need. */
  listening(): void
}

const TIDY_EVERY_MS = 60_000
const TIDY_BATCH = 5_000
// Requests that wait for the end of a job in one process; one more is answered at once.
const WAITS_MAX = 5_000

/** Adds the tasks and metrics of jobs. */
export function createJobs(host: ServiceHost, ctx: Context, { getPayment }: PaymentCalls): Jobs {
  const { pool, config, logger } = ctx
  const ends = new JobEnds(WAITS_MAX)
  const workers = new JobWorkers(ctx, noteEnds(host, ends))
  host.every('jobs', config.SWEEP_EVERY_MS, () => workers.sweep())
  host.every('tidy jobs', Math.min(TIDY_EVERY_MS, config.JOB_KEEP_MS), async () => {
    return (await deleteEndedJobs(pool, config.JOB_KEEP_MS, TIDY_BATCH)) === TIDY_BATCH
  })
  const warnUnread = (error: unknown): void =>
    logger.warn({ err: error }, 'a metric of jobs could not be read')
  watchValue(
    host.metrics.registry,
    {
      name: 'reservation_jobs',
      help: 'Jobs that have not ended, by status, and the age of the oldest',
      labelName: 'what',
    },
    async () => {
      const { waiting, active, oldestSeconds } = await countOpenJobs(pool)
      return [
        { label: 'waiting', value: waiting },
        { label: 'active', value: active },
        { label: 'oldest_seconds', value: oldestSeconds },
      ]
    },
    warnUnread,
  )
  const waits = { name: 'reservation_job_waits', help: 'Requests that wait for the end of a job' }
  watchValue(host.metrics.registry, waits, async () => [{ value: ends.count }], warnUnread)
  return {
    intake: createJobIntake(ctx),
    reader: {
      ends,
      looks: createJobLooks(pool),
      getPayment,
      findReservation: (reservationId) => findReservation(pool, reservationId, null),
    },
    workers,
    listening: () => {
      host.lifecycle.add('job workers', () => workers.stop())
      host.lifecycle.add('waits for jobs', () => ends.close())
    },
  }
}

function noteEnds(host: ServiceHost, ends: JobEnds): JobEvents {
  const ended = new Counter({
    name: 'reservation_jobs_ended_total',
    help: 'Jobs that ended, by how; a failed one by the code of its refusal',
    labelNames: ['outcome', 'code'] as const,
    registers: [host.metrics.registry],
  })
  return {
    ended: ({ jobId, scheduleId, attempts }, outcome, code) => {
      ended.inc({ outcome, code })
      host.logger.debug({ jobId, scheduleId, attempts, code }, `job ${outcome}`)
      ends.ended(jobId)
    },
  }
}
