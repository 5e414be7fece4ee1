import { grpcTarget, hostSettings } from '@frontrow/service-host/config'
import { z } from 'zod'

const opsUrls = z
  .string()
  .default('')
  .transform((list, context) => {
    const entries: { name: string; url: string }[] = []
    for (const entry of list.split(',').filter((text) => text.trim() !== '')) {
      const [name, url, ...rest] = entry.trim().split('=')
      if (!name || !url || rest.length > 0 || !URL.canParse(url)) {
        context.addIssue({ code: 'custom', message: `"${entry}" is not name=http://host:port` })
        return z.NEVER
      }
      entries.push({ name, url })
    }
    return entries
  })

/** Settings of the queue service. */
export const settings = hostSettings.extend({
  MAX_ACTIVE: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(300)
    .describe('people let in at once; a room starts with it, an admin can change it for each'),
  ADMIT_PER_SECOND: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(30)
    .describe('people let in a second; a room starts with it, an admin can change it for each'),
  WAITING_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('people who wait in one room; more are refused with QUEUE_FULL'),
  ACTIVE_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(86_400_000)
    .default(300_000)
    .describe('how long somebody who was let in may stay; a hold extends it'),
  WAITING_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(604_800_000)
    .default(43_200_000)
    .describe('how long a place in the line is kept since its holder was last seen'),
  EXTEND_MAX_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(3_600_000)
    .describe('how far from now a hold can move the deadline of an ACTIVE token'),
  ADMIT_EVERY_MS: z.coerce
    .number()
    .int()
    .min(20)
    .max(5_000)
    .default(250)
    .describe('how often people are let in'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must be redis:// or rediss://')
    .describe('Redis; rediss:// for TLS'),
  REDIS_COMMAND_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(20)
    .max(1_000)
    .default(500)
    .describe('a command to Redis that takes longer has failed'),
  ROOM_POOL_MAX: z.coerce
    .number()
    .int()
    .min(3)
    .max(100)
    .default(4)
    .describe(
      'connections to PostgreSQL that serve the waiting rooms while Redis is away, beside DATABASE_POOL_MAX',
    ),
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service: schedules and their on-sale windows'),
  PLACE_STREAMS_MAX: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(5_000)
    .describe('open event streams of places, at most; counted by each instance'),
  ENDED_TOKENS_KEEP_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(7)
    .describe('how long tokens that were used, left or expired are kept'),
  SYSTEM_OPS_URLS: opsUrls.describe(
    'name=http://host:port of the ops port of every service, for /health/system; separated by commas',
  ),
  KAFKA_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(6)
    .describe('partitions of Kafka worked on at once; each takes a database connection'),
})

/** The checked form of `settings`. */
export type QueueConfig = z.output<typeof settings>
