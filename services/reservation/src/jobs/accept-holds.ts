import { AnsweredKeys } from '@frontrow/idempotency/answered-keys'
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
import { countOpenOf, insertJobs, lockJobsOf, readJobLine } from '../sql/jobs.ts'
import { jobPath } from './job.ts'
import type { AcceptedJobJson, NewJob } from './job.ts'

/** A request whose job is to be accepted, and the trace that the job goes on with. */
interface HoldToAccept {
  command: HoldSeats
  trace: TraceContext | undefined
  /** What it is refused with, unless its key has an answer when its turn comes. */
  refusal?: Refusal
}

/** Accepts jobs by their schedules. */
export type JobIntake = Batcher<number, HoldToAccept, HoldAnswer>

const BATCH_MAX = 100
const PENDING_MAX = 5_000
const WAIT_MAX_MS = 3_000
const RETRY_AFTER_MAX_S = 30
// What a job takes where none has ended yet. One instance ran 390 of one schedule a second, and less where they can refuse each other (docs/decisions/0024-jobs.md).
const SECONDS_EACH_AT_FIRST = 0.004

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
    return await acceptOrRefuse(ctx, intake, command)
  } catch (error) {
    if (isRefusal(error)) ctx.refusedHolds.note(command.scheduleId, error.code)
    throw error
  }
}

async function acceptOrRefuse(ctx: Context, intake: JobIntake, command: HoldSeats): Promise<HoldAnswer> {
  const hold: HoldToAccept = { command, trace: currentTrace() }
  try {
    await checkOffer(ctx, command)
    await checkQuantity(ctx, command)
  } catch (error) {
    if (!isRefusal(error) || keyedRequest(command) === undefined) throw error
    // The first request of the key may be in the line still, so the answer is looked for behind it.
    hold.refusal = error
  }
  return intake.add(command.scheduleId, hold)
}

async function acceptAll(
  ctx: Context,
  tx: Tx,
  scheduleId: number,
  holds: readonly HoldToAccept[],
): Promise<(HoldAnswer | Refusal)[]> {
  const keyedHolds = holds.map(({ command }) => keyedRequest(command)).filter((keyed) => keyed !== undefined)
  const userIds = holds.map(({ command }) => command.userId)
  const [, keys, line, openOf] = await together([
    lockJobsOf(tx, scheduleId),
    AnsweredKeys.load(tx, keyedHolds),
    readJobLine(tx, scheduleId),
    countOpenOf(tx, scheduleId, userIds),
  ])
  const accepted: { job: NewJob; message: OutgoingMessage }[] = []
  const accept = ({ command, trace, refusal }: HoldToAccept): AcceptedJobJson => {
    if (refusal !== undefined) throw refusal
    const { userId } = command
    const open = line.open + accepted.length
    const openOfUser = openOf.get(userId) ?? 0
    const secondsEach = line.secondsEach ?? SECONDS_EACH_AT_FIRST
    checkRoom(ctx, { open, openOfUser, secondsEach })
    const job = newJob(command, trace)
    accepted.push({ job, message: acceptedMessage(scheduleId, job.jobId, trace) })
    openOf.set(userId, openOfUser + 1)
    return {
      jobId: job.jobId,
      position: open + 1,
      estimatedWaitSeconds: wholeSeconds((open + 1) * secondsEach),
      statusEndpoint: jobPath(job.jobId),
    }
  }
  const answers = holds.map((hold) => answerOnce(keys, hold.command, () => accept(hold)))
  await together([
    insertJobs(
      tx,
      scheduleId,
      line.lastOrdinal,
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

/** Refuses one more job of a person behind `open` others, each of which takes `secondsEach` of their line. */
function checkRoom(
  { config }: Pick<Context, 'config'>,
  { open, openOfUser, secondsEach }: { open: number; openOfUser: number; secondsEach: number },
): void {
  const beginsInSeconds = open * secondsEach
  const retryAfterSeconds = Math.min(RETRY_AFTER_MAX_S, wholeSeconds(beginsInSeconds))
  // Each holds a seat at least, so that more of them could not all succeed.
  const limit = config.SEATS_PER_USER_MAX
  if (openOfUser >= limit) {
    const message = `a user may have at most ${limit} open jobs of a schedule; wait for one of yours to end`
    throw refuse('RATE_LIMITED', message, { details: { limit, open: openOfUser }, retryAfterSeconds })
  }
  // One that could only end with TIMEOUT is no help to anybody. The first in line has its chance, however long those before it took.
  if (open >= config.JOBS_WAITING_MAX || beginsInSeconds * 1_000 > config.JOB_MAX_MS) {
    const message = 'too many jobs of this schedule are waiting; nothing was accepted'
    throw refuse('UNAVAILABLE', message, { retryAfterSeconds })
  }
}

function wholeSeconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds))
}
