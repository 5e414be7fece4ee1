/**
 * Jobs: what they are, which one is next, and what became of them. `completeJob` and `failJob` are decided by the job's Idempotency-Key, which the
 * hold's statement writes with the hold and `failJob` writes with the failure. Whoever comes second finds the key and changes nothing, so a job that
 * has failed holds nothing, however late an attempt at it goes on.
 */
import type { Pool, Queryable, Tx } from '@frontrow/postgres/pool'
import { inOneStatement } from '@frontrow/postgres/transaction'
import type { Job, JobAttempt, JobError, JobInLine, JobStatus, NewJob, NextJob } from '../jobs/job.ts'

/** The operation of the keys that jobs hold seats by; the key is the job's id. */
export const JOB_OPERATION = 'job'

// How long a job takes is the mean of so many, since those that are run at once end at once. The longest pause is left out: a server that was away
// must not make it minutes.
const MEAN_OF = 200

const JOB_COLUMNS = `job_id AS "jobId", user_id AS "userId", schedule_id AS "scheduleId", status,
  created_at AS "createdAt", completed_at AS "completedAt", result, error`

/** Names an open job in the way in which its index finds it: the schedule first. */
type OpenJob = Pick<JobInLine, 'scheduleId' | 'jobNumber'>

/**
 * Lets those who accept jobs of a schedule take turns until they commit, so that the numbers of its jobs appear in their order. Everything that is
 * to count the others must be read after it.
 */
export async function lockJobsOf(tx: Tx, scheduleId: number): Promise<void> {
  await tx.query({
    name: 'jobs-lock',
    text: `SELECT pg_advisory_xact_lock(hashtextextended('jobs of ' || $1::text, 0))`,
    values: [scheduleId],
  })
}

/** The open jobs of a schedule. */
export interface JobLine {
  open: number
  /** Of the last one; 0 where none is open. */
  lastOrdinal: number
  /**
   * What one takes, null where none has ended yet. It is the time from one end to the next where a job was waiting for that, so that it tells the
   * rate.
   */
  secondsEach: number | null
}

const OPEN_OF_SCHEDULE = 'FROM jobs WHERE schedule_id = $1 AND completed_at IS NULL ORDER BY job_number'

/** The line of a schedule. It costs the same however long that is. */
export async function readJobLine(db: Queryable, scheduleId: number): Promise<JobLine> {
  const { rows } = await db.query<JobLine>({
    name: 'jobs-line',
    text: `SELECT coalesce(tail - head + 1, 0) AS open, coalesce(tail, 0) AS "lastOrdinal", "secondsEach" FROM (
             SELECT (SELECT ordinal ${OPEN_OF_SCHEDULE} LIMIT 1) AS head, (SELECT ordinal ${OPEN_OF_SCHEDULE} DESC LIMIT 1) AS tail,
               (SELECT (sum(took) - CASE WHEN count(*) > 1 THEN max(took) ELSE 0 END) / greatest(1, count(*) - 1)
                FROM (SELECT extract(epoch FROM completed_at - CASE WHEN created_at < lag(completed_at) OVER one_by_one
                        THEN lag(completed_at) OVER one_by_one ELSE started_at END)::float8 AS took
                      FROM (SELECT created_at, started_at, completed_at FROM jobs WHERE schedule_id = $1 AND completed_at IS NOT NULL
                            ORDER BY completed_at DESC LIMIT ${MEAN_OF}) latest
                      WINDOW one_by_one AS (ORDER BY completed_at)) timed) AS "secondsEach") line`,
    values: [scheduleId],
  })
  return rows[0] ?? { open: 0, lastOrdinal: 0, secondsEach: null }
}

/** How many open jobs of a schedule each of these people has; those without one are left out. */
export async function countOpenOf(
  db: Queryable,
  scheduleId: number,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ userId: string; open: number }>({
    name: 'jobs-open-of',
    text: `SELECT person.id AS "userId", theirs.open FROM (SELECT DISTINCT unnest($2::text[]) AS id) person
           CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE schedule_id = $1) AS open FROM jobs
             WHERE user_id = person.id AND completed_at IS NULL OFFSET 0) theirs
           WHERE theirs.open > 0`,
    values: [scheduleId, userIds],
  })
  return new Map(rows.map(({ userId, open }) => [userId, open]))
}

/** Writes jobs of one schedule in their order, behind the last open one as read since `lockJobsOf`. */
export async function insertJobs(
  tx: Tx,
  scheduleId: number,
  lastOrdinal: number,
  jobs: readonly NewJob[],
  giveUpAfterMs: number,
): Promise<void> {
  if (jobs.length === 0) return
  await tx.query({
    name: 'jobs-insert',
    text: `INSERT INTO jobs (job_id, ordinal, type, user_id, queue_token, schedule_id, choice, seen, traceparent, request_id, created_at, due_at, give_up_at)
           SELECT j.job_id, $10 + j.place, 'hold', j.user_id, j.queue_token, $1, j.choice, j.seen, j.traceparent, j.request_id, clock.now, clock.now,
             clock.now + make_interval(secs => $2::float8 / 1000)
           FROM unnest($3::uuid[], $4::text[], $5::text[], $6::json[], $7::json[], $8::text[], $9::text[])
             WITH ORDINALITY AS j (job_id, user_id, queue_token, choice, seen, traceparent, request_id, place),
             (SELECT clock_timestamp() AS now OFFSET 0) clock
           ORDER BY j.place`,
    values: [
      scheduleId,
      giveUpAfterMs,
      jobs.map((job) => job.jobId),
      jobs.map((job) => job.userId),
      jobs.map((job) => job.queueToken),
      jobs.map((job) => JSON.stringify(job.choice)),
      jobs.map((job) => (job.seen === null ? null : JSON.stringify(job.seen))),
      jobs.map((job) => job.traceparent),
      jobs.map((job) => job.requestId),
      lastOrdinal,
    ],
  })
}

// It is a part of the statement: with a number that comes later PostgreSQL plans to read the whole line.
const NEXT_MAX = 32

// The head of the line, unless it must wait: behind an attempt that is at work, or for its back-off.
const DUE_HEAD = `FROM jobs WHERE schedule_id = $1
  AND job_number = (SELECT job_number ${OPEN_OF_SCHEDULE} LIMIT 1)
  AND completed_at IS NULL AND (due_at <= clock_timestamp() OR give_up_at <= clock_timestamp())`

/** Reads the next 32 jobs of a schedule in their order; none where the first of them must wait. */
export async function readNextJobs(db: Queryable, scheduleId: number): Promise<NextJob[]> {
  const { rows } = await db.query<NextJob>({
    name: 'jobs-read-next',
    text: `SELECT job_number AS "jobNumber", user_id AS "userId", choice FROM (
             SELECT job_number, user_id, choice ${OPEN_OF_SCHEDULE} LIMIT ${NEXT_MAX}) next
           WHERE EXISTS (SELECT ${DUE_HEAD}) ORDER BY job_number`,
    values: [scheduleId],
  })
  return rows
}

/**
 * Begins attempts at these next jobs of a schedule and returns them in their order, without those that have ended; none where the first open one is
 * another by now, or must wait. Another worker gets the same jobs after `leaseMs`, when this one must have died.
 */
export async function beginAttempts(
  pool: Pool,
  scheduleId: number,
  jobNumbers: readonly number[],
  leaseMs: number,
): Promise<JobAttempt[]> {
  const { rows } = await inOneStatement(pool, (db) =>
    db.query<JobAttempt>({
      name: 'jobs-begin-attempts',
      // Of two at once the second waits for the row of the head and then looks at its `due_at` again.
      text: `WITH head AS MATERIALIZED (SELECT job_number ${DUE_HEAD} AND job_number = ANY ($2::bigint[]) FOR UPDATE)
             UPDATE jobs SET status = 'active', attempts = attempts + 1,
               started_at = CASE WHEN give_up_at > clock_timestamp() THEN coalesce(started_at, clock_timestamp()) ELSE started_at END,
               due_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
             WHERE schedule_id = $1 AND job_number = ANY ($2::bigint[]) AND completed_at IS NULL AND EXISTS (SELECT FROM head)
             RETURNING job_id AS "jobId", job_number AS "jobNumber", user_id AS "userId", schedule_id AS "scheduleId",
               queue_token AS "queueToken", choice, seen, attempts, give_up_at <= clock_timestamp() AS "isLate",
               traceparent, request_id AS "requestId"`,
      values: [scheduleId, jobNumbers, leaseMs],
    }),
  )
  return rows.toSorted((a, b) => a.jobNumber - b.jobNumber)
}

/** Lets the next attempt at an open job begin after `ms`, and none at the jobs behind it before. */
export async function postponeJob(db: Queryable, job: OpenJob, ms: number): Promise<void> {
  await db.query({
    name: 'jobs-postpone',
    text: `UPDATE jobs SET due_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
           WHERE schedule_id = $1 AND job_number = $2 AND completed_at IS NULL`,
    values: [job.scheduleId, job.jobNumber, ms],
  })
}

/** Ends a job with the answer to its hold. False: it has ended before. */
export async function completeJob(db: Queryable, job: OpenJob, result: unknown): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'jobs-complete',
    text: `UPDATE jobs SET status = 'completed', result = $3::json, completed_at = clock_timestamp(), queue_token = NULL
           WHERE schedule_id = $1 AND job_number = $2 AND completed_at IS NULL`,
    values: [job.scheduleId, job.jobNumber, JSON.stringify(result)],
  })
  return rowCount === 1
}

/**
 * Ends a job without a hold, unless an attempt has held its seats: then it ends with that. Returns how it ended by this call, or undefined where it
 * has ended before. It waits for an attempt that is just holding.
 */
export async function failJob(
  tx: Tx,
  job: OpenJob,
  error: JobError,
): Promise<'failed' | 'completed' | undefined> {
  // No request has an empty hash, so a late attempt finds that its key was used for something else.
  const failed = await tx.query({
    name: 'jobs-fail',
    text: `WITH barred AS (
             INSERT INTO idempotency_keys (user_id, operation, idempotency_key, request_hash, response, locked_until)
             SELECT user_id, $4, job_id::text, '', $3::json, clock_timestamp() FROM jobs
             WHERE schedule_id = $1 AND job_number = $2 AND completed_at IS NULL
             ON CONFLICT DO NOTHING RETURNING idempotency_key
           )
           UPDATE jobs SET status = 'failed', error = $3::json, completed_at = clock_timestamp(), queue_token = NULL
           FROM barred WHERE schedule_id = $1 AND job_number = $2 AND completed_at IS NULL`,
    values: [job.scheduleId, job.jobNumber, JSON.stringify(error), JOB_OPERATION],
  })
  if (failed.rowCount === 1) return 'failed'
  const completed = await tx.query({
    name: 'jobs-complete-as-held',
    text: `UPDATE jobs j SET status = 'completed', result = k.response, completed_at = clock_timestamp(), queue_token = NULL
           FROM idempotency_keys k
           WHERE j.schedule_id = $1 AND j.job_number = $2 AND j.completed_at IS NULL AND k.user_id = j.user_id AND k.operation = $3
             AND k.idempotency_key = j.job_id::text AND k.request_hash <> ''`,
    values: [job.scheduleId, job.jobNumber, JOB_OPERATION],
  })
  return completed.rowCount === 1 ? 'completed' : undefined
}

/** Reads jobs, whoever's they are, each with its place in the line while it waits. */
export async function findJobs(db: Queryable, jobIds: readonly string[]): Promise<Job[]> {
  const { rows } = await db.query<Job>({
    name: 'jobs-find',
    // One look by the id each: a list that was planned while the table was small would read all of it later.
    text: `WITH found AS MATERIALIZED (
             SELECT job.* FROM unnest($1::uuid[]) AS wanted (id)
             CROSS JOIN LATERAL (SELECT ${JOB_COLUMNS}, ordinal FROM jobs WHERE job_id = wanted.id OFFSET 0) job
           ), heads AS MATERIALIZED (
             SELECT line."scheduleId", head.ordinal FROM (SELECT DISTINCT "scheduleId" FROM found WHERE status = 'waiting') line
             CROSS JOIN LATERAL (SELECT ordinal FROM jobs WHERE schedule_id = line."scheduleId" AND completed_at IS NULL
               ORDER BY job_number LIMIT 1) head
           )
           SELECT found.*, CASE status WHEN 'waiting' THEN found.ordinal - heads.ordinal + 1 END AS position
           FROM found LEFT JOIN heads USING ("scheduleId")`,
    values: [jobIds],
  })
  return rows
}

/** A job as admins see it in a list. */
export interface ListedJob extends Pick<
  Job,
  'jobId' | 'userId' | 'scheduleId' | 'status' | 'createdAt' | 'completedAt' | 'error'
> {
  jobNumber: number
  attempts: number
  /** Of a completed one. */
  reservationId: string | null
}

// Each says again what its index is of, so that few jobs are found among many of the other kinds.
const WITH_STATUS: Record<JobStatus, string> = {
  waiting: `AND status = 'waiting' AND completed_at IS NULL`,
  active: `AND status = 'active' AND completed_at IS NULL`,
  completed: `AND status = 'completed'`,
  failed: `AND status = 'failed' AND error IS NOT NULL`,
}

/** Lists jobs with numbers below `beforeNumber`, whoever's they are, newest first. It is planned each time, as `listOverdueJobs` is. */
export async function listJobs(
  db: Queryable,
  wanted: {
    scheduleId: number | undefined
    status: JobStatus | undefined
    beforeNumber: number
    limit: number
  },
): Promise<ListedJob[]> {
  const { scheduleId, status, beforeNumber, limit } = wanted
  const { rows } = await db.query<ListedJob>(
    `SELECT job_number AS "jobNumber", job_id AS "jobId", user_id AS "userId", schedule_id AS "scheduleId", status, attempts,
       created_at AS "createdAt", completed_at AS "completedAt", error, result ->> 'reservationId' AS "reservationId"
     FROM jobs WHERE job_number < $1 AND ($2::bigint IS NULL OR schedule_id = $2) ${status === undefined ? '' : WITH_STATUS[status]}
     ORDER BY job_number DESC LIMIT $3`,
    [beforeNumber, scheduleId, limit],
  )
  return rows
}

/**
 * The next jobs of schedules where these could have begun `overdueMs` ago, or have no time left. It looks from one schedule to the next, so that it
 * costs the same however long their lines are. It is planned each time: the plan of a nearly empty table would read all ended jobs of an hour.
 */
export async function listOverdueJobs(
  db: Queryable,
  overdueMs: number,
): Promise<(JobInLine & { isLate: boolean })[]> {
  const { rows } = await db.query<JobInLine & { isLate: boolean }>(
    `WITH RECURSIVE heads AS (
       (SELECT schedule_id, job_number FROM jobs WHERE completed_at IS NULL ORDER BY schedule_id, job_number LIMIT 1)
       UNION ALL
       SELECT next.schedule_id, next.job_number FROM heads CROSS JOIN LATERAL (
         SELECT schedule_id, job_number FROM jobs WHERE completed_at IS NULL AND schedule_id > heads.schedule_id
         ORDER BY schedule_id, job_number LIMIT 1) next
     )
     SELECT job_id AS "jobId", job_number AS "jobNumber", schedule_id AS "scheduleId", attempts, give_up_at <= clock_timestamp() AS "isLate"
     FROM heads CROSS JOIN LATERAL (
       SELECT job_id, attempts, due_at, give_up_at FROM jobs
       WHERE schedule_id = heads.schedule_id AND job_number = heads.job_number AND completed_at IS NULL OFFSET 0) head
     WHERE due_at <= clock_timestamp() - make_interval(secs => $1::float8 / 1000) OR give_up_at <= clock_timestamp()`,
    [overdueMs],
  )
  return rows
}

/** Deletes jobs that ended `keepMs` ago, `limit` at most; returns how many. */
export async function deleteEndedJobs(db: Queryable, keepMs: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM jobs WHERE job_number IN (
       SELECT job_number FROM jobs WHERE completed_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000) LIMIT $2)`,
    [keepMs, limit],
  )
  return rowCount ?? 0
}

/** Jobs that have not ended, by status, and the age of the oldest in seconds. */
export async function countOpenJobs(
  db: Queryable,
): Promise<{ waiting: number; active: number; oldestSeconds: number }> {
  const { rows } = await db.query<{ waiting: number; active: number; oldestSeconds: number }>(
    `SELECT count(*) FILTER (WHERE status = 'waiting') AS waiting, count(*) FILTER (WHERE status = 'active') AS active,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS "oldestSeconds"
     FROM jobs WHERE completed_at IS NULL`,
  )
  return rows[0] ?? { waiting: 0, active: 0, oldestSeconds: 0 }
}
