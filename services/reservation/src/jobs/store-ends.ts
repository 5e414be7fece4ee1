import { inTransaction, together } from '@frontrow/postgres/transaction'
import { Batcher } from '@frontrow/service-host/batcher'
import type { Context } from '../context.ts'
import { completeJob, failJob } from '../sql/jobs.ts'
import type { JobError, JobInLine } from './job.ts'

/** How an attempt at a job has ended it. */
export type JobEnd = { job: JobInLine } & ({ result: unknown } | { error: JobError })

/** What was stored by this call: a job may have ended before, and one that was to fail may have its hold. */
export type StoredEnd = 'completed' | 'failed' | undefined

/** Stores ends by their schedules. */
export type JobEndBatches = Batcher<number, JobEnd, StoredEnd>

const BATCH_MAX = 100
const PENDING_MAX = 1_000
const WAIT_MAX_MS = 3_000

/** Ends of one schedule that come in one turn of the event loop, or while others are stored, share the next transaction. */
export function createJobEndBatches({ pool }: Pick<Context, 'pool'>): JobEndBatches {
  return new Batcher<number, JobEnd, StoredEnd>({
    batchMax: BATCH_MAX,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: WAIT_MAX_MS,
    send: (_scheduleId, ends) =>
      inTransaction(pool, (tx) =>
        together(
          // By their numbers. Two workers of the same jobs, after a lease ran out, may still collide, and one of them tries again.
          ends
            .toSorted((a, b) => a.job.jobNumber - b.job.jobNumber)
            .map(async (end): Promise<[JobEnd, StoredEnd]> => {
              if ('error' in end) return [end, await failJob(tx, end.job, end.error)]
              return [end, (await completeJob(tx, end.job, end.result)) ? 'completed' : undefined]
            }),
        ).then((stored) => {
          const storedOf = new Map(stored)
          return ends.map((end) => storedOf.get(end))
        }),
      ),
  })
}
