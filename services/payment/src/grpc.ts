import { checkMessages } from '@frontrow/messaging/audit'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import { refuse } from '@frontrow/proto/refusals'
import { AuditService, PaymentService } from '@frontrow/proto/services'
import { unaryHandler } from '@frontrow/service-host/grpc-server'
import type { ServiceHost } from '@frontrow/service-host/host'
import { z } from 'zod'
import { checkPaymentKeys } from './sql/payment-keys.ts'
import { findPayment } from './sql/payments.ts'

/** Checks the invariants that this service can see in its own schema: 6 (keys) and 7 (messages). */
export async function localChecks(host: Pick<ServiceHost, 'pool' | 'service'>): Promise<InvariantCheck[]> {
  return [await checkPaymentKeys(host.pool), await checkMessages(host.pool, host.service)]
}

/** Adds this service's gRPC methods. */
export function addGrpc(host: ServiceHost): void {
  host.grpc.add(PaymentService.service, {
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
      }
    }),
  })
  host.grpc.add(AuditService.service, {
    CheckInvariants: unaryHandler(host, 'CheckInvariants', z.object({}), async () => ({
      invariants: await localChecks(host),
    })),
    // The audit of payments runs in this service and reads its tables, so it asks nobody for these facts.
    ListPaymentFacts: unaryHandler(host, 'ListPaymentFacts', z.object({}), () =>
      Promise.resolve({ facts: [] }),
    ),
  })
}
