import { adminActionsPage, listAdminActions } from '@frontrow/admin-actions/list-admin-actions'
import { checkMessages } from '@frontrow/messaging/audit'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import { auditCallers, paymentCallers } from '@frontrow/proto/callers'
import type { PaymentRefusal } from '@frontrow/proto/gen/frontrow/payment/v1/PaymentRefusal'
import { refuse } from '@frontrow/proto/refusals'
import { AuditService, PaymentService } from '@frontrow/proto/services'
import { unaryHandler } from '@frontrow/service-host/grpc-server'
import type { ServiceHost } from '@frontrow/service-host/host'
import { z } from 'zod'
import { refusalOf } from './payment-failure.ts'
import { checkPaymentKeys } from './sql/payment-keys.ts'
import { findPayment } from './sql/payments.ts'
import type { Payment } from './sql/payments.ts'

/** Checks the invariants that this service can see in its own schema: 6 (keys) and 7 (messages). */
export async function localChecks(host: Pick<ServiceHost, 'pool' | 'service'>): Promise<InvariantCheck[]> {
  return [await checkPaymentKeys(host.pool), await checkMessages(host.pool, host.service)]
}

function refusedOf(payment: Payment): { refused?: PaymentRefusal } {
  // One that was paid has its answer, whatever has become of it since.
  if (payment.status === 'PENDING' || payment.paidAt !== null) return {}
  const { code, message } = refusalOf(payment)
  const moneyMoved = payment.status === 'REFUNDED'
  return { refused: { code, message, reason: payment.reason ?? '', moneyMoved } }
}

/** Adds this service's gRPC methods. */
export function addGrpc(host: ServiceHost): void {
  host.grpc.add(PaymentService.service, paymentCallers, {
    GetPayment: unaryHandler(host, 'GetPayment', z.object({ paymentId: z.uuid() }), async ({ paymentId }) => {
      const payment = await findPayment(host.pool, paymentId)
      if (payment === undefined) throw refuse('PAYMENT_NOT_FOUND', 'no such payment')
      return {
        paymentId: payment.paymentId,
        reservationId: payment.reservationId,
        userId: payment.userId,
        amount: payment.amount,
        paymentMethod: payment.paymentMethod,
        status: payment.status,
        createdAtMs: payment.createdAt.getTime(),
        paidAtMs: payment.paidAt?.getTime() ?? 0,
        endedAtMs: payment.endedAt?.getTime() ?? 0,
        ...refusedOf(payment),
      }
    }),
  })
  host.grpc.add(AuditService.service, auditCallers, {
    CheckInvariants: unaryHandler(host, 'CheckInvariants', z.object({}), async () => ({
      invariants: await localChecks(host),
    })),
    // The audit of payments runs in this service and reads its tables, so it asks nobody for these facts.
    ListPaymentFacts: unaryHandler(host, 'ListPaymentFacts', z.object({}), () =>
      Promise.resolve({ facts: [] }),
    ),
    ListAdminActions: unaryHandler(host, 'ListAdminActions', adminActionsPage, async (page) => ({
      actions: await listAdminActions(host.pool, page),
    })),
  })
}
