import { grpcTarget, hostSettings } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the reservation service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies and extends queue tokens'),
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service: schedules, seats and prices'),
  HOLD_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(86_400_000)
    .default(300_000)
    .describe('how long a hold keeps its seats'),
  SEATS_PER_USER_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(6)
    .describe('seats of one schedule that a user can hold and buy'),
  REFRESHES_MAX: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .default(2)
    .describe('how often one hold can be extended'),
  SCHEDULE_CACHE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(2_000)
    .describe('how old the status and the on-sale window of a schedule may be'),
  SWEEP_EVERY_MS: z.coerce
    .number()
    .int()
    .min(20)
    .max(60_000)
    .default(1_000)
    .describe('how often expired holds and cancelled schedules are looked for'),
  SWEEP_BATCH_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(2_000)
    .default(200)
    .describe('holds that one transaction of the sweeper ends, at most'),
  IDEMPOTENCY_KEEP_HOURS: z.coerce
    .number()
    .int()
    .min(1)
    .max(8_760)
    .default(72)
    .describe('how long an Idempotency-Key is remembered'),
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
