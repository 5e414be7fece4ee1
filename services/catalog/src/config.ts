import { grpcTarget, hostSettings } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the catalog service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies queue tokens'),
  RESERVATION_GRPC: grpcTarget.describe('gRPC of the reservation service, which lists taken seats'),
  SCHEDULE_SEATS_MIN: z.coerce
    .number()
    .int()
    .min(1)
    .default(10)
    .describe('seats of a new schedule, at least'),
  SCHEDULE_SEATS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(10_000)
    .describe('seats of a new schedule, at most'),
  SEAT_MAP_REFRESH_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(500)
    .default(400)
    .describe('how old the states in a seat map may be; a change has to be visible within 1 s'),
  SEAT_EVENT_READERS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(50_000)
    .default(5_000)
    .describe('open event streams of seats, at most; counted by each instance'),
  KAFKA_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('partitions of Kafka worked on at once; each takes a database connection'),
})

/** The checked form of `settings`. */
export type CatalogConfig = z.output<typeof settings>
