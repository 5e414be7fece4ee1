import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isDatabaseOutage } from '@frontrow/postgres/errors'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { continueTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import { inTransaction } from '@frontrow/postgres/transaction'
import { checkOffer } from '../check-offer.ts'
import type { Offer } from '../check-offer.ts'
import type { Context } from '../context.ts'
import { holdSeats } from '../hold-seats.ts'
import type { HoldSeats } from '../hold-seats.ts'
import { beginAttempts, failJob, listOverdueJobs, postponeJob, readNextJobs } from '../sql/jobs.ts'
import type { JobAttempt, JobError, JobInLine } from './job.ts'
import { nextWave } from './next-wave.ts'
import { createJobEndBatches } from './store-ends.ts'
import type { JobEnd, JobEndBatches, StoredEnd } from './store-ends.ts'

/** What becomes of jobs, told after the commit. */
export interface JobEvents {
  ended(job: JobInLine, how: 'completed' | 'failed', code: string): void
}

// Schedules whose jobs this process runs at once. Each takes one connection of the pool at a time.
const WORKERS_MAX = 4
const BACK_OFF_MS = 250
const BACK_OFF_MAX_MS = 5_000
// Of errors that no outage explains.
const DEFECTS_MAX = 4
// Whoever takes over a schedule waits so long for the one that it was meant for.
const OVERDUE_MS = 1_000
// Schedules whose next job waits for its next attempt here; those past it are found by the sweep, a second later.
const ALARMS_MAX = 1_000
// A timer may be early by its rounding, and whoever is early finds nothing to do.
const ALARM_LATE_MS = 5

/**
 * Runs the jobs of schedules, those of one schedule in the order of their numbers, whichever instance does it; neighbours in the line that can't refuse
 * each other are run at once. A message wakes the instance that has the schedule's partition, and a timer the one whose attempt failed; where that one
 * dies or Kafka is away, the sweep of any instance does. Two that work at one schedule do no harm: the job at the head belongs to one of them for a while,
 * and each hold is made once in any case.
 */
export class JobWorkers {
  readonly #ctx: Context
  readonly #events: JobEvents
  readonly #failures: FailureLog
  readonly #ends: JobEndBatches
  /** Schedules that may have a job to run. */
  readonly #awake = new Set<number>()
  /** Schedules in work. */
  readonly #running = new Map<number, Promise<void>>()
  /** Schedules whose next job has no time left and is being failed. */
  readonly #givingUp = new Map<number, Promise<void>>()
  readonly #alarms = new Map<number, NodeJS.Timeout>()
  #isStopping = false

  constructor(ctx: Context, events: JobEvents) {
    this.#ctx = ctx
    this.#events = events
    this.#ends = createJobEndBatches(ctx)
    this.#failures = new FailureLog(ctx.logger, 'jobs could not be worked at; they are looked for again')
  }

  /** Runs what jobs the schedule has, soon. */
  wake(scheduleId: number): void {
    if (this.#isStopping) return
    this.#awake.add(scheduleId)
    this.#startTurns()
  }

  /** One round: wakes schedules whose next job nobody has begun in time, and gives up those that have no time left. */
  async sweep(): Promise<void> {
    for (const job of await listOverdueJobs(this.#ctx.pool, OVERDUE_MS)) {
      this.wake(job.scheduleId)
      if (job.isLate) this.#startGivingUp(job)
    }
  }

  /** Finishes the jobs in hand and begins no more. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const alarm of this.#alarms.values()) clearTimeout(alarm)
    this.#alarms.clear()
    await Promise.all([...this.#running.values(), ...this.#givingUp.values()])
  }

  /** Beside the schedule's turn, which may wait for an attempt that hangs. */
  #startGivingUp(job: JobInLine): void {
    const { scheduleId } = job
    if (this.#isStopping || this.#givingUp.has(scheduleId) || this.#givingUp.size >= WORKERS_MAX) return
    this.#givingUp.set(scheduleId, this.#giveUp(job))
  }

  async #giveUp(job: JobInLine): Promise<void> {
    try {
      const how = await inTransaction(this.#ctx.pool, (tx) => failJob(tx, job, errorOf(tooLate())))
      this.#tell({ job, error: errorOf(tooLate()) }, how)
    } catch (error) {
      this.#failures.failed(error, { scheduleId: job.scheduleId })
    }
    this.#givingUp.delete(job.scheduleId)
  }

  #wakeAfter(scheduleId: number, ms: number): void {
    clearTimeout(this.#alarms.get(scheduleId))
    this.#alarms.delete(scheduleId)
    if (this.#isStopping || this.#alarms.size >= ALARMS_MAX) return
    const alarm = setTimeout(() => {
      this.#alarms.delete(scheduleId)
      this.wake(scheduleId)
    }, ms)
    this.#alarms.set(scheduleId, alarm.unref())
  }

  #startTurns(): void {
    for (const scheduleId of this.#awake) {
      if (this.#isStopping || this.#running.size >= WORKERS_MAX) return
      // One that is woken while it is in work has another turn after it.
      if (this.#running.has(scheduleId)) continue
      this.#awake.delete(scheduleId)
      this.#running.set(scheduleId, this.#takeTurn(scheduleId))
    }
  }

  async #takeTurn(scheduleId: number): Promise<void> {
    try {
      if (await this.#runNext(scheduleId)) this.#awake.add(scheduleId)
      this.#failures.succeeded()
    } catch (error) {
      this.#failures.failed(error, { scheduleId })
    }
    this.#running.delete(scheduleId)
    this.#startTurns()
  }

  /** Runs the next jobs of the schedule. False where it has none that may begin now. */
  async #runNext(scheduleId: number): Promise<boolean> {
    const { pool, config } = this.#ctx
    const wave = nextWave(await readNextJobs(pool, scheduleId))
    if (wave.length === 0) return false
    const numbers = wave.map(({ jobNumber }) => jobNumber)
    const jobs = await beginAttempts(pool, scheduleId, numbers, config.JOB_ATTEMPT_MS)
    return jobs.length > 0 && this.#runWave(jobs)
  }

  /** Runs jobs that can't refuse each other. True where all of them have ended. */
  async #runWave(wave: readonly JobAttempt[]): Promise<boolean> {
    const offers = await Promise.all(wave.map((job) => this.#checkOffer(job)))
    // They take each of their steps in the order of the line, so that the first gets the best of the seats that are available.
    const attempts = wave.map((job, index) => inTraceOf(job, () => this.#attempt(job, offers[index])))
    let haveEnded = true
    for (const attempt of await Promise.allSettled(attempts)) {
      if (attempt.status === 'rejected') throw attempt.reason
      haveEnded &&= attempt.value
    }
    return haveEnded
  }

  /** Undefined where something is against the job. The attempt finds that again, after looking whether an earlier one has held the seats. */
  async #checkOffer(job: JobAttempt): Promise<Offer | undefined> {
    try {
      return await inTraceOf(job, () => checkOffer(this.#ctx, job))
    } catch (error) {
      this.#ctx.logger.debug({ err: error, jobId: job.jobId }, 'the offer of a job was refused')
      return undefined
    }
  }

  /** True where the job has ended, false where it is to be tried again. */
  async #attempt(job: JobAttempt, offer: Offer | undefined): Promise<boolean> {
    try {
      if (job.isLate) throw tooLate()
      const { data } = await holdSeats(this.#ctx, commandOf(job), offer)
      await this.#end({ job, result: data })
      return true
    } catch (error) {
      return this.#afterFailure(job, error)
    }
  }

  async #afterFailure(job: JobAttempt, error: unknown): Promise<boolean> {
    const refusal = this.#lastRefusalOf(job, error)
    if (refusal === undefined) {
      this.#ctx.logger.debug({ err: error, jobId: job.jobId, attempts: job.attempts }, 'job is tried again')
      const ms = backOffMs(job.attempts)
      await postponeJob(this.#ctx.pool, job, ms)
      this.#wakeAfter(job.scheduleId, ms + ALARM_LATE_MS)
      return false
    }
    await this.#end({ job, error: errorOf(refusal) })
    return true
  }

  /** What the job fails with; undefined where it is to be tried again. */
  #lastRefusalOf(job: JobAttempt, error: unknown): Refusal | undefined {
    if (isRefusal(error) && (error.http < 500 || job.isLate)) return error
    const isOutage = isDatabaseOutage(error) || isRefusal(error, 'UNAVAILABLE') || isRefusal(error, 'TIMEOUT')
    if (isOutage || job.attempts < DEFECTS_MAX) return undefined
    this.#ctx.logger.error({ err: error, jobId: job.jobId, attempts: job.attempts }, 'job given up')
    return generalRefusal('INTERNAL', 'something went wrong on our side; nothing is held')
  }

  async #end(end: JobEnd): Promise<void> {
    this.#tell(end, await this.#ends.add(end.job.scheduleId, end))
  }

  #tell({ job, ...end }: JobEnd, how: StoredEnd): void {
    if (how !== undefined)
      this.#events.ended(job, how, how === 'failed' && 'error' in end ? end.error.code : '')
  }
}

function commandOf({ jobId, userId, scheduleId, queueToken, choice, seen }: JobAttempt): HoldSeats {
  return { jobId, userId, scheduleId, queueToken, choice, seen: seen ?? undefined }
}

function inTraceOf<T>({ traceparent, requestId }: JobAttempt, work: () => Promise<T>): Promise<T> {
  const trace = { traceparent: traceparent ?? undefined, requestId: requestId ?? undefined }
  return runWithTrace(continueTrace(trace), work)
}

function errorOf({ code, message, details = null }: Refusal): JobError {
  return { code, message, details }
}

function tooLate(): Refusal {
  return refuse('TIMEOUT', 'the job could not be done in time; nothing is held by it')
}

function backOffMs(attempts: number): number {
  return Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** Math.min(attempts - 1, 10))
}
