import type { GetSeatRunsResponse__Output as SeatRunsPage } from '@frontrow/proto/gen/frontrow/catalog/v1/GetSeatRunsResponse'
import type { Payment__Output as Payment } from '@frontrow/proto/gen/frontrow/payment/v1/Payment'
import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import type { VerifyTokenResponse__Output as VerifiedToken } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenResponse'
import { refusalKind } from '@frontrow/proto/refusals'
import { CatalogService, PaymentService, QueueService } from '@frontrow/proto/services'
import { readTokenOutcome } from '@frontrow/proto/token-outcome'
import type { ServiceHost } from '@frontrow/service-host/host'
import { shareCalls } from '@frontrow/service-host/shared-calls'
import type { Config } from './config.ts'

const READ_DEADLINE_MS = 800
// A page of 10,000 seats takes the catalog longer than one row.
const SEATS_DEADLINE_MS = 2_000

/** Asks whether a token lets this user into this schedule. */
export interface TokenCheck {
  token: string
  scheduleId: number
  userId: string
}

/** What this service asks of the waiting room. */
export interface QueueCalls {
  /** Refuses when the token does not let this user into this schedule now. Tells which place the token is of. */
  verifyToken: (check: TokenCheck) => Promise<VerifiedToken>
}

/** What this service asks of the catalog. Both refuse with SCHEDULE_NOT_FOUND. */
export interface CatalogCalls {
  getSchedule: (request: { scheduleId: number }) => Promise<Schedule>
  getSeatRuns: (request: { scheduleId: number; afterSeatId: number; limit: number }) => Promise<SeatRunsPage>
}

/** What this service asks of the payment service. It refuses with PAYMENT_NOT_FOUND. */
export interface PaymentCalls {
  getPayment: (request: { paymentId: string }) => Promise<Payment>
}

/** Clients of the three services. */
export function connectClients(
  host: ServiceHost,
  config: Pick<Config, 'QUEUE_GRPC' | 'CATALOG_GRPC' | 'PAYMENT_GRPC'>,
): QueueCalls & CatalogCalls & PaymentCalls {
  const queue = host.connect(QueueService, { name: 'queue', address: config.QUEUE_GRPC, refusalKind })
  const catalog = host.connect(CatalogService, { name: 'catalog', address: config.CATALOG_GRPC, refusalKind })
  const payment = host.connect(PaymentService, { name: 'payment', address: config.PAYMENT_GRPC, refusalKind })
  const read = { deadlineMs: READ_DEADLINE_MS, retriable: true }
  const verifyTokens = queue.call('VerifyTokens', read)
  return {
    verifyToken: shareCalls<TokenCheck, VerifiedToken>(async (checks) =>
      (await verifyTokens({ checks: [...checks] })).outcomes.map(readTokenOutcome),
    ),
    getSchedule: catalog.call('GetSchedule', read),
    getSeatRuns: catalog.call('GetSeatRuns', {
      deadlineMs: SEATS_DEADLINE_MS,
      retriable: true,
    }),
    getPayment: payment.call('GetPayment', read),
  }
}
