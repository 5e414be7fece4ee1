import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isDatabaseOutage } from '@frontrow/postgres/errors'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { continueTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import type { Context } from '../context.ts'
import { holdSeats } from '../hold-seats.ts'
import { beginAttempt, completeJob, failJob, listOverdueJobs, postponeJob } from '../sql/jobs.ts'
import type { JobAttempt, JobInLine } from './job.ts'

/** What becomes of jobs, told after the commit. */
export interface JobEvents {
  ended(job: JobInLine, how: 'completed' | 'failed', code: string): void
}

// Schedules whose jobs this process runs at once. Each takes one connection of the pool at a time.
const WORKERS_MAX = 4
// Then the next schedule that waits for a worker has its turn.
const TURN_MAX = 50
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
 * Runs the jobs of schedules, those of one schedule one after the other in the order of their numbers, whichever instance does it. A message wakes the
 * instance that has the schedule's partition, and a timer the one whose attempt failed; where that one dies or Kafka is away, the sweep of any instance
 * does. Two that work at one schedule do no harm: the job at the head belongs to one of them for a while, and its hold is made once in any case.
 */
export class JobWorkers {
  readonly #ctx: Context
  readonly #events: JobEvents
  readonly #failures: FailureLog
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
      await this.#fail(job, tooLate())
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
      for (let ran = 0; (await this.#runNext(scheduleId)) && !this.#isStopping;) {
        ran += 1
        if (ran < TURN_MAX) continue
        this.#awake.add(scheduleId)
        break
      }
      this.#failures.succeeded()
    } catch (error) {
      this.#failures.failed(error, { scheduleId })
    }
    this.#running.delete(scheduleId)
    this.#startTurns()
  }

  /** False where the schedule has no job that may begin now. */
  async #runNext(scheduleId: number): Promise<boolean> {
    const { pool, config } = this.#ctx
    const job = await beginAttempt(pool, scheduleId, config.JOB_ATTEMPT_MS)
    if (job === undefined) return false
    const { traceparent, requestId } = job
    const trace = continueTrace({
      traceparent: traceparent ?? undefined,
      requestId: requestId ?? undefined,
    })
    await runWithTrace(trace, () => (job.isLate ? this.#fail(job, tooLate()) : this.#attempt(job)))
    return true
  }

  async #attempt(job: JobAttempt): Promise<void> {
    const { jobId, userId, scheduleId, queueToken, choice, seen } = job
    const command = { jobId, userId, scheduleId, queueToken, choice, seen: seen ?? undefined }
    try {
      const { data } = await holdSeats(this.#ctx, command)
      if (await completeJob(this.#ctx.pool, job, data)) this.#events.ended(job, 'completed', '')
    } catch (error) {
      await this.#afterFailure(job, error)
    }
  }

  async #afterFailure(job: JobAttempt, error: unknown): Promise<void> {
    if (isRefusal(error) && error.http < 500) return this.#fail(job, error)
    const isOutage = isDatabaseOutage(error) || isRefusal(error, 'UNAVAILABLE') || isRefusal(error, 'TIMEOUT')
    if (isOutage || job.attempts < DEFECTS_MAX) {
      this.#ctx.logger.debug({ err: error, jobId: job.jobId, attempts: job.attempts }, 'job is tried again')
      const ms = backOffMs(job.attempts)
      await postponeJob(this.#ctx.pool, job, ms)
      return this.#wakeAfter(job.scheduleId, ms + ALARM_LATE_MS)
    }
    this.#ctx.logger.error({ err: error, jobId: job.jobId, attempts: job.attempts }, 'job given up')
    return this.#fail(job, generalRefusal('INTERNAL', 'something went wrong on our side; nothing is held'))
  }

  async #fail(job: JobInLine, refusal: Refusal): Promise<void> {
    const { code, message, details = null } = refusal
    const how = await failJob(this.#ctx.pool, job, { code, message, details })
    if (how !== undefined) this.#events.ended(job, how, how === 'failed' ? code : '')
  }
}

function tooLate(): Refusal {
  return refuse('TIMEOUT', 'the job could not be done in time; nothing is held by it')
}

function backOffMs(attempts: number): number {
  return Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** Math.min(attempts - 1, 10))
}
