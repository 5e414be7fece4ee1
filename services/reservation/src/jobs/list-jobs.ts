import type { Context } from '../context.ts'
import { listJobs as readJobs } from '../sql/jobs.ts'
import type { ListedJob } from '../sql/jobs.ts'
import type { JobStatus } from './job.ts'

/** A page of everybody's jobs, newest first; `nextNumber` is the cursor of the next page. Refuses with SCHEDULE_NOT_FOUND. */
export async function listJobs(
  ctx: Pick<Context, 'pool' | 'schedules'>,
  page: {
    scheduleId?: number | undefined
    status?: JobStatus | undefined
    beforeNumber: number | undefined
    limit: number
  },
): Promise<{ jobs: ListedJob[]; nextNumber: number | null }> {
  const { scheduleId, status, beforeNumber = Number.MAX_SAFE_INTEGER, limit } = page
  const found = await readJobs(ctx.pool, { scheduleId, status, beforeNumber, limit: limit + 1 })
  // A wrong number is SCHEDULE_NOT_FOUND, and not a schedule without jobs.
  if (found.length === 0 && scheduleId !== undefined) await ctx.schedules.schedule(scheduleId)
  const jobs = found.slice(0, limit)
  return { jobs, nextNumber: found.length > limit ? (jobs.at(-1)?.jobNumber ?? null) : null }
}
