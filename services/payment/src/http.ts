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
import type { Payment } from './sql/payments.ts'
import { listNotices } from './sql/provider-events.ts'
import { startPurchase } from './start-purchase.ts'
import { takeProviderEvent } from './take-provider-event.ts'

// Longer than a client should be away from a payment that it waits for.
const RETRY_AFTER_MAX_S = 5

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
    const { payment, refusal, isReplay, nextAction, captureMs } = await startPurchase(ctx, {
      userId,
      reservationId: body.reservationId,
      paymentMethod: body.paymentMethod,
      cardToken: body.card?.token ?? null,
      idempotencyKey: headers['idempotency-key'],
      waitMs: isAsync ? 0 : ctx.config.PAYMENT_WAIT_MS,
    })
    if (isReplay) response.setHeader('Idempotency-Replayed', 'true')
    if (refusal !== null) throw refusal
    if (payment.status === 'APPROVED') return { status: 201, data: toJson(payment) }
    if (isAsync) return jobReply(payment.paymentId, ctx.intakes[payment.paymentMethod].expectedSeconds())
    const estimatedWaitSeconds = Math.max(1, Math.ceil((captureMs ?? 0) / 1_000))
    return {
      status: 202,
      data: {
        ...toJson(payment),
        ...(nextAction === null ? { estimatedWaitSeconds } : {}),
        ...actionFor(caller, payment, nextAction),
      },
      headers: {
        Location: `/api/v1/payments/${payment.paymentId}`,
        'Retry-After': String(Math.min(RETRY_AFTER_MAX_S, estimatedWaitSeconds)),
      },
    }
  })

  http.handle(getPaymentRoute, async ({ params, caller }) => {
    const { payment, steps } = await getPayment(ctx, caller, params.paymentId)
    const { nextAction } = await findCardProgress(ctx, payment)
    return {
      status: 200,
      data: {
        ...toJson(payment),
        reason: payment.reason,
        createdAt: payment.createdAt,
        endedAt: payment.endedAt,
        steps,
        ...actionFor(caller, payment, nextAction),
        ...(caller.isAdmin ? { providerNotices: await listNotices(ctx.pool, payment.paymentId) } : {}),
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

  http.handle(retryDeadLetterRoute, async ({ params }) => ({
    status: 200,
    data: await deadLetters.retry(params.deadLetterId),
  }))

  http.handle(auditRoute, async () => ({ status: 200, data: await auditAll(ctx, audit) }))
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

function toJson(payment: Payment) {
  return {
    paymentId: payment.paymentId,
    reservationId: payment.reservationId,
    userId: payment.userId,
    amount: payment.amount,
    paymentMethod: payment.paymentMethod,
    status: payment.status,
    paidAt: payment.paidAt,
    reservation: { reservationId: payment.reservationId, status: reservationStatus(payment) },
  }
}

// What the saga knows of the reservation without asking: APPROVED is reached by its confirmation only.
function reservationStatus(payment: Payment): string {
  switch (payment.status) {
    case 'APPROVED':
      return 'CONFIRMED'
    case 'PENDING':
      return 'HOLD'
    case 'FAILED':
      return 'HOLD'
    case 'REFUNDED':
      return 'CANCELLED'
  }
}
