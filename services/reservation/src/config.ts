import { grpcTarget, hostSettings } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the reservation service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget,
  CATALOG_GRPC: grpcTarget,
  HOLD_MS: z.coerce.number().int().min(50).max(86_400_000).default(300_000),
  SEATS_PER_USER_MAX: z.coerce.number().int().min(1).max(100).default(6),
  REFRESHES_MAX: z.coerce.number().int().min(0).max(100).default(2),
  SCHEDULE_CACHE_MS: z.coerce.number().int().min(0).max(60_000).default(2_000),
  SWEEP_EVERY_MS: z.coerce.number().int().min(20).max(60_000).default(1_000),
  SWEEP_BATCH_MAX: z.coerce.number().int().min(1).max(2_000).default(200),
  IDEMPOTENCY_KEEP_HOURS: z.coerce.number().int().min(1).max(8_760).default(72),
  KAFKA_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(6),
})

/** The checked settings. */
export type Config = z.output<typeof settings>
