import { SEATS_MAX } from '@frontrow/proto/values'
import { grpcTarget, hostSettings, idempotencyKeepHours, whole } from '@frontrow/service-host/config'
import type { z } from 'zod'

/** Settings of the reservation service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies and extends queue tokens'),
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service: schedules, seats and prices'),
  HOLD_MS: whole(50, 86_400_000, 300_000).describe('how long a hold keeps its seats'),
  SEATS_PER_USER_MAX: whole(1, SEATS_MAX, 6).describe('seats of one schedule that a user can hold and buy'),
  REFRESHES_MAX: whole(0, 100, 2).describe('how often one hold can be extended'),
  SCHEDULE_CACHE_MS: whole(0, 60_000, 2_000).describe(
    'how old the status and the on-sale window of a schedule may be',
  ),
  SWEEP_EVERY_MS: whole(20, 60_000, 1_000).describe(
    'how often expired holds and cancelled schedules are looked for',
  ),
  SWEEP_BATCH_MAX: whole(1, 2_000, 200).describe('holds that one transaction of the sweeper ends, at most'),
  IDEMPOTENCY_KEEP_HOURS: idempotencyKeepHours,
})

/** The checked settings. */
export type Config = z.output<typeof settings>
