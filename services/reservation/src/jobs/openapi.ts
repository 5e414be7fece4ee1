import { defineRoute } from '@frontrow/service-host/route'
import { id, pathId, uuid } from '@frontrow/values/ids'
import { idCursor, limit } from '@frontrow/values/page'
import { time } from '@frontrow/values/time'
import { z } from 'zod'

const jobId = uuid.meta({ example: '01932c07-b1d2-7a3b-8c4d-5e6f70819203' })

const status = z.enum(['waiting', 'active', 'completed', 'failed']).meta({ example: 'waiting' })

/** The answer to a request that became a job. */
export const acceptedJob = z.object({
  jobId,
  position: z.int().meta({ description: 'In the line of its schedule; 1 is the next one', example: 37 }),
  estimatedWaitSeconds: z.int().meta({ description: 'By how fast jobs ended lately', example: 1 }),
  statusEndpoint: z.string().meta({ example: '/api/v1/jobs/01932c07-b1d2-7a3b-8c4d-5e6f70819203' }),
})

const jobError = z.object({
  code: z.string().meta({ example: 'SEAT_TAKEN' }),
  message: z.string().meta({ example: 'a seat is held or sold already' }),
  details: z.unknown().meta({ example: { seatIds: [1001] } }),
})

const job = z.object({
  jobId,
  type: z.enum(['hold', 'pay']),
  status,
  position: z.int().optional().meta({ description: 'While it waits: the place now', example: 12 }),
  result: z
    .unknown()
    .optional()
    .meta({ description: 'Of a completed one: what the request would have been answered' }),
  error: jobError
    .optional()
    .meta({ description: 'Of a failed one: the refusal that the request would have got' }),
  createdAt: time,
  completedAt: time.optional(),
})

const WAIT_RULE = 'must be a whole number from 1 to 30'

/** GET /jobs/{jobId} */
export const getJobRoute = defineRoute({
  method: 'get',
  path: '/api/v1/jobs/{jobId}',
  operationId: 'getJob',
  tag: 'Reservations',
  summary: 'What has become of a request that was answered with 202',
  description: `A request with \`Prefer: respond-async\` is answered with 202 and a job. \`hold\`: jobs of one schedule run in the order in which they were accepted; \`result\` is the hold, whose five minutes begin when it is made. A job needs its queue token to be ACTIVE when its turn comes, and fails with QUEUE_TOKEN_INVALID where it has ended. One that can't be done in two minutes fails with TIMEOUT and holds nothing. It is kept for an hour after its end. \`pay\`: the job's id is that of the payment.

Example: \`curl -H "$ME" "$API/jobs/$JOB?wait=10"\` answers as soon as the job has ended, and after 10 seconds in any case.`,
  auth: 'user',
  waits: true,
  params: z.object({ jobId }),
  query: z.object({
    wait: z
      .preprocess(
        (text) => (typeof text === 'string' && /^[1-9]\d*$/.test(text) ? Number(text) : text),
        z.int(WAIT_RULE).min(1, WAIT_RULE).max(30, WAIT_RULE),
      )
      .optional()
      .meta({ description: 'Seconds to wait for its end, 30 at most', example: 10 }),
  }),
  responses: { 200: { description: 'The job as of now', schema: job } },
  refusals: ['JOB_NOT_FOUND'],
})

const listedJob = z.object({
  jobId,
  type: z.literal('hold'),
  status: status.meta({ example: 'failed' }),
  scheduleId: id.meta({ example: 1 }),
  userId: z.string().meta({ description: 'Whose hold it is', example: '101' }),
  attempts: z.int().meta({ description: 'Attempts that have begun', example: 1 }),
  error: jobError.optional().meta({ description: 'Of a failed one' }),
  reservationId: z
    .uuid()
    .optional()
    .meta({ description: 'Of a completed one: its hold', example: '01932c07-b1d2-7a3b-8c4d-5e6f70819204' }),
  createdAt: time,
  completedAt: time.optional().meta({ description: 'Of one that has ended' }),
})

/** GET /admin/jobs */
export const listJobsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/jobs',
  operationId: 'listJobs',
  tag: 'Reservations',
  summary: 'Holds that were asked for as jobs, newest first',
  description:
    'Of everybody, for as long as jobs are kept: an hour after their end by default. `?status=failed` shows what came to nothing, whose it was and why. Payments are jobs too, but are not in this list: `GET /admin/audit` counts those that stand still.',
  auth: 'admin',
  query: z.object({
    scheduleId: pathId.optional().meta({ description: 'Only those of this schedule', example: 1 }),
    status: status.optional().meta({ example: 'failed' }),
    cursor: idCursor.optional(),
    limit,
  }),
  responses: {
    200: {
      description: 'One page.',
      schema: z.object({ items: z.array(listedJob), nextCursor: z.string().nullable() }),
    },
  },
  refusals: ['SCHEDULE_NOT_FOUND'],
})
