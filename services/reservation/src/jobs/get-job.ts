import { Batcher } from '@frontrow/service-host/batcher'
import type { Pool } from '@frontrow/postgres/pool'
import type { Payment__Output as Payment } from '@frontrow/proto/gen/frontrow/payment/v1/Payment'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Owner } from '../get-reservations.ts'
import type { Reservation } from '../reservation.ts'
import { findJobs } from '../sql/jobs.ts'
import type { Job, JobError, JobStatus } from './job.ts'
import type { JobEnds } from './job-ends.ts'

/** What GET /jobs/{jobId} tells. */
export interface JobJson {
  jobId: string
  type: 'hold' | 'pay'
  status: JobStatus
  /** While it waits; 1 is the next one. */
  position?: number
  result?: unknown
  error?: JobError
  createdAt: string
  completedAt?: string
}

/** What looking at jobs needs. */
export interface JobReader {
  ends: JobEnds
  looks: Batcher<'all', string, Job | undefined>
  /** Refuses with PAYMENT_NOT_FOUND. */
  getPayment: (request: { paymentId: string }) => Promise<Payment>
  findReservation: (reservationId: string) => Promise<Reservation | undefined>
}

// Jobs that are ended by this instance are told of at once.
const LOOK_EVERY_MS = 500
// Most payments end before the second look. Each look is a call of its own, so those that take longer are looked at less often.
const PAYMENT_LOOK_MAX_MS = 2_000
const LOOKS_SHARED_MAX = 1_000
const LOOKS_PENDING_MAX = 10_000

/** Requests that look at once share a statement. */
export function createJobLooks(pool: Pool): JobReader['looks'] {
  return new Batcher<'all', string, Job | undefined>({
    batchMax: LOOKS_SHARED_MAX,
    atOnceMax: 2,
    pendingMax: LOOKS_PENDING_MAX,
    waitMaxMs: 3_000,
    send: async (_all, jobIds) => {
      const found = new Map((await findJobs(pool, jobIds)).map((job) => [job.jobId, job]))
      return jobIds.map((jobId) => found.get(jobId))
    },
  })
}

/**
 * Reads a job of the owner, of anybody where that is null; waits for its end for up to `waitMs`, or until the client has `left`. Refuses with
 * JOB_NOT_FOUND. A payment is a job by itself, whose id is the payment's: it is stored before it is answered, and its saga ends it.
 */
export async function getJob(
  reader: JobReader,
  request: { jobId: string; owner: Owner; waitMs: number; left: AbortSignal },
): Promise<JobJson> {
  const { jobId, owner, waitMs, left } = request
  const until = performance.now() + waitMs
  let pauseMs = LOOK_EVERY_MS
  let isPayment = false
  for (;;) {
    const held: Job | undefined = isPayment ? undefined : await reader.looks.add('all', jobId)
    const looked = held ?? (await findPaymentJob(reader, jobId))
    if (looked === undefined || (owner !== null && looked.userId !== owner)) {
      throw refuse('JOB_NOT_FOUND', 'you have no such job')
    }
    const leftMs = until - performance.now()
    const isOpen = looked.status === 'waiting' || looked.status === 'active'
    if (!isOpen || leftMs <= 0 || left.aborted || reader.ends.isFull) {
      return 'json' in looked ? looked.json : toJobJson(looked)
    }
    await reader.ends.next(jobId, Math.min(pauseMs, leftMs), left)
    isPayment = held === undefined
    if (isPayment) pauseMs = Math.min(PAYMENT_LOOK_MAX_MS, pauseMs * 2)
  }
}

function toJobJson(job: Job): JobJson {
  const { jobId, status, position, createdAt, completedAt } = job
  return {
    jobId,
    type: 'hold',
    status,
    ...(position === null ? {} : { position }),
    ...(status === 'completed' ? { result: job.result } : {}),
    ...(job.error === null ? {} : { error: job.error }),
    createdAt: createdAt.toISOString(),
    ...(completedAt === null ? {} : { completedAt: completedAt.toISOString() }),
  }
}

async function findPaymentJob(
  { getPayment, findReservation }: JobReader,
  paymentId: string,
): Promise<{ userId: string; status: JobStatus; json: JobJson } | undefined> {
  try {
    const payment = await getPayment({ paymentId })
    const paidFor = payment.paidAtMs > 0 ? await findReservation(payment.reservationId) : undefined
    const json = toPaymentJobJson(payment, paidFor)
    return { userId: payment.userId, status: json.status, json }
  } catch (error) {
    if (isRefusal(error, 'PAYMENT_NOT_FOUND')) return undefined
    throw error
  }
}

function toPaymentJobJson(payment: Payment, paidFor: Reservation | undefined): JobJson {
  const { paymentId, reservationId, userId, amount, paymentMethod, refused } = payment
  const job = { jobId: paymentId, type: 'pay' as const, createdAt: iso(payment.createdAtMs) }
  if (payment.status === 'PENDING') return { ...job, status: 'active' }
  if (refused) {
    const { code, message, reason, moneyMoved } = refused
    const details = { paymentId, reason, status: payment.status, moneyMoved }
    return {
      ...job,
      status: 'failed',
      error: { code, message, details },
      completedAt: iso(payment.endedAtMs),
    }
  }
  // A refund since then does not change that it was paid, nor what for.
  const paidAt = iso(payment.paidAtMs)
  const reservation = {
    reservationId,
    reservationNumber: paidFor?.reservationNumber ?? null,
    status: 'CONFIRMED',
    seats: paidFor?.seats ?? null,
  }
  const paid = { paymentId, reservationId, userId, amount, paymentMethod, status: 'APPROVED', paidAt }
  const result = { ...paid, reservation }
  return { ...job, status: 'completed', result, completedAt: paidAt }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
