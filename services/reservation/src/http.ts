import { readQueueToken } from '@frontrow/proto/queue-token'
import { actingUser } from '@frontrow/service-host/auth'
import type { HttpServer } from '@frontrow/service-host/http-server'
import { prefersAsync } from '@frontrow/service-host/prefer'
import type { Reply } from '@frontrow/service-host/serve-route'
import { toCursor } from '@frontrow/values/page'
import { z } from 'zod'
import { cancelForCaller } from './cancel-reservation.ts'
import type { SeatChoice } from './check-offer.ts'
import type { SeenPrice } from './choose-seats.ts'
import type { Context } from './context.ts'
import { getReservation, getReservations, ownerFor } from './get-reservations.ts'
import { holdSeats } from './hold-seats.ts'
import type { HoldAnswer } from './hold-seats.ts'
import { acceptHold } from './jobs/accept-holds.ts'
import { getJob } from './jobs/get-job.ts'
import { listJobs } from './jobs/list-jobs.ts'
import { getJobRoute, listJobsRoute } from './jobs/openapi.ts'
import type { Jobs } from './jobs/start-jobs.ts'
import {
  cancelReservationRoute,
  getReservationRoute,
  holdSeatsRoute,
  listReservationsRoute,
  refreshHoldRoute,
} from './openapi.ts'
import type { HoldBody } from './openapi.ts'
import { refreshHold } from './refresh-hold.ts'
import { toReservationJson } from './reservation-json.ts'
import { showIfKnown, showsIfKnown } from './show.ts'
import type { ListedJob } from './sql/jobs.ts'
import { tellReservation } from './tell-reservation.ts'

/** Adds the REST routes. Each one parses the request, calls a use case and translates its result. */
export function addHttpRoutes(http: HttpServer, ctx: Context, jobs: Pick<Jobs, 'intake' | 'reader'>): void {
  http.handle(holdSeatsRoute, async ({ body, headers, caller, request }) => {
    const command = {
      userId: actingUser(caller, body.userId),
      scheduleId: body.scheduleId,
      queueToken: readQueueToken(request.headers, body.scheduleId),
      choice: toChoice(body),
      seen: toSeen(body),
      idempotencyKey: headers['idempotency-key'],
    }
    const isAsync = prefersAsync(headers.prefer)
    return toHoldReply(
      isAsync ? await acceptHold(ctx, jobs.intake, command) : await holdSeats(ctx, command),
      isAsync,
    )
  })

  http.handle(getJobRoute, async ({ params, query, caller, response }) => {
    const left = new AbortController()
    response.once('close', () => left.abort())
    const job = await getJob(jobs.reader, {
      jobId: params.jobId,
      owner: ownerFor(caller),
      waitMs: (query.wait ?? 0) * 1_000,
      left: left.signal,
    })
    return { status: 200, data: job, headers: { 'Cache-Control': 'no-store' } }
  })

  http.handle(listJobsRoute, async ({ query: { cursor, ...query } }) => {
    const { jobs: listed, nextNumber } = await listJobs(ctx, { ...query, beforeNumber: cursor })
    const nextCursor = nextNumber === null ? null : toCursor(nextNumber)
    return { status: 200, data: { items: listed.map(toListedJobJson), nextCursor } }
  })

  http.handle(listReservationsRoute, async ({ query, caller }) => {
    const { items, nextBefore } = await getReservations(ctx, {
      userId: caller.userId,
      status: query.status ?? null,
      before: query.cursor ?? null,
      limit: query.limit,
    })
    const shows = await showsIfKnown(
      ctx,
      items.map(({ scheduleId }) => scheduleId),
    )
    return {
      status: 200,
      data: {
        items: items.map((item) =>
          toReservationJson(item, ctx.config.REFRESHES_MAX, shows.get(item.scheduleId) ?? null),
        ),
        nextCursor: nextBefore === null ? null : toCursor(nextBefore),
      },
    }
  })

  http.handle(getReservationRoute, async ({ params, caller }) => {
    const reservation = await getReservation(ctx, params.reservationId, ownerFor(caller))
    const show = await showIfKnown(ctx, reservation.scheduleId)
    return { status: 200, data: await tellReservation(ctx, ctx.pool, reservation, show) }
  })

  http.handle(refreshHoldRoute, ({ params, headers, caller, request }) =>
    refreshHold(ctx, {
      ...params,
      owner: ownerFor(caller),
      queueTokenOf: (scheduleId) => readQueueToken(request.headers, scheduleId),
      caller,
      key: headers['idempotency-key'],
    }),
  )

  http.handle(cancelReservationRoute, ({ params, headers, caller }) =>
    cancelForCaller(ctx, caller, params.reservationId, headers['idempotency-key']),
  )
}

const RETRY_AFTER_MAX_S = 5
const jobAnswer = z.looseObject({ statusEndpoint: z.string(), estimatedWaitSeconds: z.number() })
const holdAnswer = z.looseObject({ reservationId: z.string() })

/** A repeated key gets the first answer, whichever of the two it was and whatever the repeat prefers. */
function toHoldReply({ data, isReplay }: HoldAnswer, isAsync: boolean): Reply {
  const job = jobAnswer.safeParse(data)
  const hold = holdAnswer.safeParse(data)
  return {
    status: job.success ? 202 : 201,
    data,
    headers: {
      ...(isReplay ? { 'Idempotency-Replayed': 'true' } : {}),
      ...(job.success ? askLater(job.data) : {}),
      ...(hold.success ? { Location: `/api/v1/reservations/${hold.data.reservationId}` } : {}),
      ...(job.success && isAsync ? { 'Preference-Applied': 'respond-async' } : {}),
    },
  }
}

function askLater(job: z.output<typeof jobAnswer>): Record<string, string> {
  const seconds = Math.min(RETRY_AFTER_MAX_S, Math.max(1, Math.ceil(job.estimatedWaitSeconds)))
  return { Location: job.statusEndpoint, 'Retry-After': String(seconds) }
}

function toListedJobJson(job: ListedJob): object {
  const { jobId, status, scheduleId, userId, attempts, error, reservationId, createdAt, completedAt } = job
  return {
    jobId,
    type: 'hold',
    status,
    scheduleId,
    userId,
    attempts,
    ...(error === null ? {} : { error }),
    ...(reservationId === null ? {} : { reservationId }),
    createdAt: createdAt.toISOString(),
    ...(completedAt === null ? {} : { completedAt: completedAt.toISOString() }),
  }
}

function toChoice({ seatId, seatIds, quantity, grade, section, allowSplit }: HoldBody): SeatChoice {
  if (seatId !== undefined) return { seatIds: [seatId] }
  if (seatIds !== undefined) return { seatIds }
  if (quantity === undefined) throw new Error('the body was checked to have seatId, seatIds or quantity')
  // False is as if it were left out, so that both are one request under one Idempotency-Key.
  return { quantity, grade, section, allowSplit: allowSplit === true ? true : undefined }
}

function toSeen({ price, totalAmount }: HoldBody): SeenPrice | undefined {
  return price === undefined && totalAmount === undefined ? undefined : { price, totalAmount }
}
