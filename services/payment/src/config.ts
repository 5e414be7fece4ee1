import { grpcTarget, hostSettings } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the payment service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies queue tokens'),
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service, for the audit'),
  RESERVATION_GRPC: grpcTarget.describe('gRPC of the reservation service: what is to be paid, and the audit'),
  WALLET_GRPC: grpcTarget.describe('gRPC of the wallet service, for the audit'),
  PAYMENT_WAIT_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(30_000)
    .default(5_000)
    .describe('how long POST /payments waits for the saga before it answers 202'),
  SAGA_REPLY_WAIT_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(3_000)
    .describe('first wait of a saga for a reply; doubled with each resend'),
  SAGA_REPLY_WAIT_MAX_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(600_000)
    .default(60_000)
    .describe('longest wait of a saga for a reply'),
  SAGA_TAKING_MONEY_ATTEMPTS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(20)
    .default(6)
    .describe('requests for the money before a saga gives up and refunds'),
  SAGA_POLL_MS: z.coerce
    .number()
    .int()
    .min(20)
    .max(10_000)
    .default(1_000)
    .describe('how often sagas whose wait is over are looked for'),
  CARD_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(30_000)
    .default(4_000)
    .describe('a call to the card provider that takes longer is given up and repeated'),
  CARD_SIMULATOR_LATE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(6_000)
    .describe('how late the simulated provider answers for the card tok_timeout'),
  STRIPE_SECRET_KEY: z
    .string()
    .min(8)
    .optional()
    .describe('takes real cards by Stripe; without it cards are simulated'),
  STRIPE_API_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://api.stripe.com')
    .describe('address of Stripe'),
  STRIPE_CURRENCY: z
    .string()
    .regex(/^[a-z]{3}$/)
    .default('krw')
    .describe('currency of all amounts, as Stripe names it'),
  KAFKA_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(6)
    .describe('partitions of Kafka worked on at once; each takes a database connection'),
})

/** The checked settings. */
export type Config = z.output<typeof settings>
