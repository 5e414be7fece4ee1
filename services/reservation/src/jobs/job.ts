import type { SeatChoice } from '../check-offer.ts'
import type { SeenPrice } from '../choose-seats.ts'

/** Where a job is: `active` from its first attempt on. */
export type JobStatus = 'waiting' | 'active' | 'completed' | 'failed'

/** Why a job came to nothing: the refusal that its request would have got. */
export interface JobError {
  code: string
  message: string
  details: unknown
}

/** A job as of the moment it was read. */
export interface Job {
  jobId: string
  userId: string
  scheduleId: number
  status: JobStatus
  /** In the line of its schedule, while it waits; 1 is the next one. */
  position: number | null
  createdAt: Date
  completedAt: Date | null
  result: unknown
  error: JobError | null
}

/** An open job in the line of its schedule. */
export interface JobInLine {
  jobId: string
  jobNumber: number
  scheduleId: number
  /** Attempts that have begun. */
  attempts: number
}

/** What has to be known of a job to tell whether it can be run together with others. */
export interface NextJob {
  jobNumber: number
  userId: string
  choice: SeatChoice
}

/** An attempt at a job; it counts in `attempts`. */
export interface JobAttempt extends JobInLine, NextJob {
  queueToken: string
  seen: SeenPrice | null
  /** The time in which it was to be done is over. */
  isLate: boolean
  traceparent: string | null
  requestId: string | null
}

/** A job that is accepted. */
export interface NewJob {
  jobId: string
  userId: string
  queueToken: string
  choice: SeatChoice
  seen: SeenPrice | null
  traceparent: string | null
  requestId: string | null
}

/** What a client is told of a job that was accepted. */
export interface AcceptedJobJson {
  jobId: string
  /** 1 is the next one. */
  position: number
  estimatedWaitSeconds: number
  statusEndpoint: string
}

/** Where to ask about a job. */
export function jobPath(jobId: string): string {
  return `/api/v1/jobs/${jobId}`
}
