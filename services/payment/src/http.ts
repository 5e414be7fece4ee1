import { actingUser } from '@frontrow/service-host/auth'
import type { HttpServer } from '@frontrow/service-host/http-server'
import { prefersAsync } from '@frontrow/service-host/prefer'
import type { Reply } from '@frontrow/service-host/serve-route'
import { auditAll } from './audit.ts'
import type { AuditSources } from './audit.ts'
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
import type { Payment } from './sql/payments.ts'
import { startPurchase } from './start-purchase.ts'

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
    const { payment, refusal, isReplay } = await startPurchase(ctx, {
      userId,
      reservationId: body.reservationId,
      paymentMethod: body.paymentMethod,
      cardToken: body.card?.token ?? null,
      idempotencyKey: headers['idempotency-key'],
      contact: userId === caller.userId ? caller.contact : undefined,
      waitMs: isAsync ? 0 : ctx.config.PAYMENT_WAIT_MS,
    })
    if (isReplay) response.setHeader('Idempotency-Replayed', 'true')
    if (refusal !== null) throw refusal
    if (payment.status === 'APPROVED') return { status: 201, data: toJson(payment) }
    if (isAsync) return jobReply(payment.paymentId, ctx.intakes[payment.paymentMethod].expectedSeconds())
    return {
      status: 202,
      data: toJson(payment),
      headers: { Location: `/api/v1/payments/${payment.paymentId}`, 'Retry-After': '1' },
    }
  })

  http.handle(getPaymentRoute, async ({ params, caller }) => {
    const { payment, steps } = await getPayment(ctx, caller, params.paymentId)
    return {
      status: 200,
      data: {
        ...toJson(payment),
        reason: payment.reason,
        createdAt: payment.createdAt,
        endedAt: payment.endedAt,
        steps,
      },
    }
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
