import { grpcTarget, hostSettings } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the catalog service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('verifies queue tokens'),
  RESERVATION_GRPC: grpcTarget.describe('lists taken seats'),
  SCHEDULE_SEATS_MIN: z.coerce.number().int().min(1).default(10),
  SCHEDULE_SEATS_MAX: z.coerce.number().int().min(1).max(100_000).default(10_000),
  SEAT_MAP_REFRESH_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(500)
    .default(400)
    .describe('how old the states of seats may be; a change is to be visible within 1 s'),
  SEAT_EVENT_READERS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(50_000)
    .default(5_000)
    .describe('event streams of this process'),
  KAFKA_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('partitions worked on at once; each takes a database connection'),
})

/** The checked form of `settings`. */
export type CatalogConfig = z.output<typeof settings>
