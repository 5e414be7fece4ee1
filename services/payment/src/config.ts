import { grpcTarget, hostSettings, whole } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the payment service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies queue tokens'),
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service, for the audit'),
  RESERVATION_GRPC: grpcTarget.describe('gRPC of the reservation service: what is to be paid, and the audit'),
  WALLET_GRPC: grpcTarget.describe('gRPC of the wallet service, for the audit'),
  PAYMENT_WAIT_MS: whole(0, 30_000, 5_000).describe(
    'how long POST /payments waits for the saga before it answers 202',
  ),
  PAYMENT_DELAY_MAX_MS: whole(100, 30_000, 2_000).describe(
    'payments that would take longer than this, since others are before them, are refused with 503',
  ),
  SAGA_REPLY_WAIT_MS: whole(50, 60_000, 3_000).describe(
    'first wait of a saga for a reply; doubled with each resend',
  ),
  SAGA_REPLY_WAIT_MAX_MS: whole(50, 600_000, 60_000).describe('longest wait of a saga for a reply'),
  SAGA_TAKING_MONEY_ATTEMPTS_MAX: whole(1, 20, 6).describe(
    'requests for the money before a saga gives up and refunds',
  ),
  SAGA_POLL_MS: whole(20, 10_000, 1_000).describe('how often sagas whose wait is over are looked for'),
  CARD_TIMEOUT_MS: whole(100, 30_000, 4_000).describe(
    'a call to the card provider that takes longer is given up and repeated',
  ),
  CARD_SIMULATOR_LATE_MS: whole(0, 60_000, 6_000).describe(
    'how late the simulated provider answers for the card tok_timeout',
  ),
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
})

/** The checked settings. */
export type Config = z.output<typeof settings>
