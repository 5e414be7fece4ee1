import { grpcTarget, hostSettings } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the payment service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget,
  CATALOG_GRPC: grpcTarget,
  RESERVATION_GRPC: grpcTarget,
  WALLET_GRPC: grpcTarget,
  PAYMENT_WAIT_MS: z.coerce.number().int().min(0).max(30_000).default(5_000),
  SAGA_REPLY_WAIT_MS: z.coerce.number().int().min(50).max(60_000).default(3_000),
  SAGA_REPLY_WAIT_MAX_MS: z.coerce.number().int().min(50).max(600_000).default(60_000),
  SAGA_TAKING_MONEY_ATTEMPTS_MAX: z.coerce.number().int().min(1).max(20).default(6),
  SAGA_POLL_MS: z.coerce.number().int().min(20).max(10_000).default(1_000),
  CARD_TIMEOUT_MS: z.coerce.number().int().min(100).max(30_000).default(4_000),
  CARD_SIMULATOR_LATE_MS: z.coerce.number().int().min(0).max(60_000).default(6_000),
  STRIPE_SECRET_KEY: z.string().min(8).optional(),
  STRIPE_API_URL: z.url().default('https://api.stripe.com'),
  STRIPE_CURRENCY: z
    .string()
    .regex(/^[a-z]{3}$/)
    .default('krw'),
  KAFKA_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(6),
})

/** The checked settings. */
export type Config = z.output<typeof settings>
