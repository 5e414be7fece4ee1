import { actingUser } from '@frontrow/service-host/auth'
import type { Caller } from '@frontrow/service-host/auth'
import type { HttpServer } from '@frontrow/service-host/http-server'
import { prefersAsync } from '@frontrow/service-host/prefer'
import type { Reply } from '@frontrow/service-host/serve-route'
import { auditAll } from './audit.ts'
import type { AuditSources } from './audit.ts'
import { findCardProgress } from './card-progress.ts'
import type { CardProgress } from './card-progress.ts'
import type { Context } from './context.ts'
import type { DeadLetters } from './dead-letters.ts'
import { getPayment } from './get-payment.ts'
import {
  auditRoute,
  getPaymentRoute,
  listDeadLettersRoute,
  payRoute,
  retryDeadLetterRoute,
} from './openapi.ts'
import { stripeEventsRoute } from './provider-openapi.ts'
import { askReservation } from './show-reservation.ts'
import type { ShownReservation } from './show-reservation.ts'
import type { Payment } from './sql/payments.ts'
import { listNotices } from './sql/provider-events.ts'
import { startPurchase } from './start-purchase.ts'
import { takeProviderEvent } from './take-provider-event.ts'

// Longer than a client should be away from a payment that it waits for.
const RETRY_AFTER_MAX_S = 5
const ESTIMATE_MAX_MS = 600_000

/** The REST side of this service. */
export function addRoutes(
  http: HttpServer,
  ctx: Context,
  deadLetters: DeadLetters,
  audit: AuditSources,
): void {
  http.handle(payRoute, async ({ body, headers, caller, response }) => {
    const userId = actingUser(caller, body.userId)
    const isAsync = prefersAsync(headers.prefer)
    const answer = await startPurchase(ctx, {
      userId,
      reservationId: body.reservationId,
      paymentMethod: body.paymentMethod,
      cardToken: body.card?.token ?? null,
      amount: body.amount,
      idempotencyKey: headers['idempotency-key'],
      contact: userId === caller.userId ? (caller.contact ?? null) : undefined,
      waitMs: isAsync ? 0 : ctx.config.PAYMENT_WAIT_MS,
    })
    if (answer.kind === 'pending') {
      const { payment } = answer
      if (isAsync) return jobReply(payment.paymentId, ctx.intakes[payment.paymentMethod].expectedSeconds())
      return toPendingReply(caller, answer, await askReservation(ctx, payment))
    }
    if (answer.isReplay) response.setHeader('Idempotency-Replayed', 'true')
    if (answer.kind === 'refused') throw answer.refusal
    return {
      status: 201,
      data: toJson(answer.payment, answer.reservation),
      headers: { Location: locationOf(answer.payment) },
    }
  })

  http.handle(getPaymentRoute, async ({ params, caller }) => {
    const { payment, reservation, failure, steps } = await getPayment(ctx, caller, params.paymentId)
    const { nextAction } = await findCardProgress(ctx, payment)
    const { reason, createdAt, endedAt } = payment
    return {
      status: 200,
      data: {
        ...toJson(payment, reservation),
        failure,
        reason,
        createdAt,
        endedAt,
        steps,
        ...actionFor(caller, payment, nextAction),
        ...(caller.actsForAnybody ? { providerNotices: await listNotices(ctx.pool, payment.paymentId) } : {}),
      },
    }
  })

  http.handle(stripeEventsRoute, async ({ request, headers }) => {
    const body: unknown = request.body
    if (!Buffer.isBuffer(body)) throw new Error('the body was not read')
    await takeProviderEvent(ctx, 'stripe', body, headers['stripe-signature'])
    return { status: 200, data: { received: true } }
  })

  http.handle(listDeadLettersRoute, async ({ query }) => ({
    status: 200,
    data: await deadLetters.list(query.cursor, query.limit),
  }))

  http.handle(retryDeadLetterRoute, ({ params, headers, caller }) =>
    deadLetters.retry(params.deadLetterId, { caller, key: headers['idempotency-key'] }),
  )

  http.handle(auditRoute, async () => ({ status: 200, data: await auditAll(ctx, audit) }))
}

function toPendingReply(
  caller: Caller,
  { payment, nextAction, captureMs }: { payment: Payment } & CardProgress,
  reservation: ShownReservation,
): Reply {
  // What has taken long already, such as for a provider or a broker that is away, is expected to take as long again.
  const waitedMs = Date.now() - payment.createdAt.getTime()
  const expectedMs = Math.min(ESTIMATE_MAX_MS, Math.max(captureMs ?? 0, waitedMs))
  const estimatedWaitSeconds = Math.max(1, Math.ceil(expectedMs / 1_000))
  return {
    status: 202,
    data: {
      ...toJson(payment, reservation),
      ...(nextAction === null ? { estimatedWaitSeconds } : {}),
      ...actionFor(caller, payment, nextAction),
    },
    headers: {
      Location: locationOf(payment),
      'Retry-After': String(Math.min(RETRY_AFTER_MAX_S, estimatedWaitSeconds)),
    },
  }
}

function locationOf({ paymentId }: Payment): string {
  return `/api/v1/payments/${paymentId}`
}

/** A payment is the job that a client may ask for instead of its answer: it is stored, and goes on by itself. Nothing is before it in a line. */
function jobReply(paymentId: string, estimatedWaitSeconds: number): Reply {
  const statusEndpoint = `/api/v1/jobs/${paymentId}`
  return {
    status: 202,
    data: { jobId: paymentId, position: 1, estimatedWaitSeconds, statusEndpoint },
    headers: { Location: statusEndpoint, 'Preference-Applied': 'respond-async', 'Retry-After': '1' },
  }
}

/** Only the owner's page can do something with it, and it holds a secret of theirs. */
function actionFor(
  caller: Caller,
  { userId }: Payment,
  nextAction: CardProgress['nextAction'],
): { nextAction?: CardProgress['nextAction'] } {
  return nextAction === null || caller.userId !== userId ? {} : { nextAction }
}

function toJson(payment: Payment, reservation: ShownReservation) {
  return {
    paymentId: payment.paymentId,
    reservationId: payment.reservationId,
    userId: payment.userId,
    amount: payment.amount,
    paymentMethod: payment.paymentMethod,
    status: payment.status,
    paidAt: payment.paidAt,
    reservation,
  }
}
