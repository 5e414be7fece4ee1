import { grpcTarget, hostSettings, idempotencyKeepHours, whole } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the catalog service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies queue tokens'),
  RESERVATION_GRPC: grpcTarget.describe('gRPC of the reservation service, which lists taken seats'),
  SCHEDULE_SEATS_MIN: whole(1, Number.MAX_SAFE_INTEGER, 10).describe('seats of a new schedule, at least'),
  SCHEDULE_SEATS_MAX: whole(1, 100_000, 10_000).describe('seats of a new schedule, at most'),
  IDEMPOTENCY_KEEP_HOURS: idempotencyKeepHours,
  SEAT_MAP_REFRESH_MS: whole(50, 500, 500).describe(
    'how far apart the moments are at which all instances show the states of seats anew, in maps and streams; a change has to be visible within 1 s. It should divide a second, since seats come back in bulk on a whole one',
  ),
  SEAT_EVENT_READERS_MAX: whole(1, 50_000, 5_000).describe(
    'open event streams of seats, at most; counted by each instance',
  ),
  CATALOG_READ_DATABASE_URL: z
    .string()
    .startsWith('postgres')
    .refine((url) => URL.canParse(url), 'must be a URL')
    .optional()
    .describe(
      'a streaming replica of PostgreSQL, for lists, concerts, schedules and the layouts of seats; role and password are those of DATABASE_URL where it names none. Without it all is read from DATABASE_URL',
    ),
  REPLICA_LAG_MAX_MS: whole(500, 60_000, 2_000).describe(
    'reads go to DATABASE_URL while what the replica shows may be older',
  ),
})

/** The checked form of `settings`. */
export type CatalogConfig = z.output<typeof settings>
