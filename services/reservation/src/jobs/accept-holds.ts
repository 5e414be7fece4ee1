import { AnsweredKeys } from '@frontrow/idempotency/answered-keys'
import { findAnswer } from '@frontrow/idempotency/idempotency-key'
import { enqueue } from '@frontrow/messaging/outbox'
import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction, together } from '@frontrow/postgres/transaction'
import type { JobAccepted } from '@frontrow/proto/events'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { topics } from '@frontrow/proto/topics'
import type { Refusal } from '@frontrow/refusals/refusal'
import { Batcher } from '@frontrow/service-host/batcher'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import type { TraceContext } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import { checkOffer } from '../check-offer.ts'
import { checkQuantity } from '../choose-seats.ts'
import type { Context } from '../context.ts'
import { keyedRequest } from '../hold-seats.ts'
import type { HoldAnswer, HoldSeats } from '../hold-seats.ts'
import { insertJobs, lockJobsOf, readJobLine } from '../sql/jobs.ts'
import { jobPath } from './job.ts'
import type { AcceptedJobJson, NewJob } from './job.ts'

/** A request whose job is to be accepted, and the trace that the job goes on with. */
interface HoldToAccept {
  command: HoldSeats
  trace: TraceContext | undefined
}

/** Accepts jobs by their schedules. */
export type JobIntake = Batcher<number, HoldToAccept, HoldAnswer>

const BATCH_MAX = 100
const PENDING_MAX = 5_000
const WAIT_MAX_MS = 3_000
const RETRY_AFTER_MAX_S = 30
// What a hold takes where none has ended yet: the round trips to the waiting room and to the database.
const SECONDS_EACH_AT_FIRST = 0.02

/** Requests of one schedule that come in one turn of the event loop, or while others are accepted, share the next transaction. */
export function createJobIntake(ctx: Context): JobIntake {
  return new Batcher<number, HoldToAccept, HoldAnswer>({
    batchMax: BATCH_MAX,
    // One after the other, in the order in which they came.
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: WAIT_MAX_MS,
    send: (scheduleId, holds) => inTransaction(ctx.pool, (tx) => acceptAll(ctx, tx, scheduleId, holds)),
  })
}

/**
 * Accepts a hold as a job, once for each Idempotency-Key: what it would be refused for now is refused now, but for what becomes of the seats. The job
 * is stored when this resolves. A repeat gets the first answer, which is the hold itself where the first request waited for it.
 */
export async function acceptHold(ctx: Context, intake: JobIntake, command: HoldSeats): Promise<HoldAnswer> {
  try {
    await checkOffer(ctx, command)
    await checkQuantity(ctx, command)
  } catch (refusal) {
    const keyed = keyedRequest(command)
    if (keyed === undefined || !isRefusal(refusal)) throw refusal
    const earlier = await findAnswer(ctx.pool, keyed)
    if (earlier === undefined) throw refusal
    return { data: earlier.response, isReplay: true }
  }
  return intake.add(command.scheduleId, { command, trace: currentTrace() })
}

async function acceptAll(
  ctx: Context,
  tx: Tx,
  scheduleId: number,
  holds: readonly HoldToAccept[],
): Promise<(HoldAnswer | Refusal)[]> {
  const keyedHolds = holds.map(({ command }) => keyedRequest(command)).filter((keyed) => keyed !== undefined)
  const [, keys, line] = await together([
    lockJobsOf(tx, scheduleId),
    AnsweredKeys.load(tx, keyedHolds),
    readJobLine(tx, scheduleId),
  ])
  const accepted: { job: NewJob; message: OutgoingMessage }[] = []
  const accept = ({ command, trace }: HoldToAccept): AcceptedJobJson => {
    const open = line.open + accepted.length
    const waitSeconds = secondsFor(open + 1, line.secondsEach)
    if (open >= ctx.config.JOBS_WAITING_MAX) throw tooManyJobs(waitSeconds)
    const job = newJob(command, trace)
    accepted.push({ job, message: acceptedMessage(scheduleId, job.jobId, trace) })
    return {
      jobId: job.jobId,
      position: open + 1,
      estimatedWaitSeconds: waitSeconds,
      statusEndpoint: jobPath(job.jobId),
    }
  }
  const answers = holds.map((hold) => answerOnce(keys, hold.command, () => accept(hold)))
  await together([
    insertJobs(
      tx,
      scheduleId,
      accepted.map(({ job }) => job),
      ctx.config.JOB_MAX_MS,
    ),
    enqueue(
      tx,
      ctx.relay,
      accepted.map(({ message }) => message),
    ),
    saveKeys(tx, keys),
  ])
  return answers
}

/** A refusal leaves the key free. */
function answerOnce(
  keys: AnsweredKeys,
  command: HoldSeats,
  accept: () => AcceptedJobJson,
): HoldAnswer | Refusal {
  const keyed = keyedRequest(command)
  try {
    if (keyed === undefined) return { data: accept(), isReplay: false }
    const { response, replayed } = keys.answerOnce(keyed, () => {
      const job = accept()
      return { status: 202, response: job, resourceId: job.jobId }
    })
    return { data: response, isReplay: replayed }
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  }
}

async function saveKeys(tx: Tx, keys: AnsweredKeys): Promise<void> {
  if (await keys.save(tx)) return
  // The same request without the preference, or for another schedule, was quicker. The next try finds its answer.
  throw Object.assign(new Error('another transaction was quicker with one of the idempotency keys'), {
    code: '40001',
  })
}

function newJob({ userId, queueToken, choice, seen }: HoldSeats, trace: TraceContext | undefined): NewJob {
  return {
    jobId: uuidv7(),
    userId,
    queueToken,
    choice,
    seen: seen ?? null,
    traceparent: trace?.traceparent ?? null,
    requestId: trace?.requestId ?? null,
  }
}

function acceptedMessage(
  scheduleId: number,
  jobId: string,
  trace: TraceContext | undefined,
): OutgoingMessage {
  const payload: z.input<typeof JobAccepted> = { jobId, scheduleId }
  return { topic: topics.reservationJobs, key: String(scheduleId), type: 'JobAccepted', payload, trace }
}

/** Whole seconds until so many jobs of a schedule have ended; jobs of one schedule run one after the other. */
export function secondsFor(jobs: number, secondsEach: number | null): number {
  return Math.max(1, Math.ceil(jobs * (secondsEach ?? SECONDS_EACH_AT_FIRST)))
}

function tooManyJobs(waitSeconds: number): Refusal {
  return refuse('UNAVAILABLE', 'too many jobs of this schedule are waiting; nothing was accepted', {
    retryAfterSeconds: Math.min(RETRY_AFTER_MAX_S, waitSeconds),
  })
}
