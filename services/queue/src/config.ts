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

/** Settings of the queue service. The first five are what new rooms and new places start with. */
export const settings = hostSettings.extend({
  MAX_ACTIVE: z.coerce.number().int().min(1).max(1_000_000).default(300),
  ADMIT_PER_SECOND: z.coerce.number().int().min(1).max(10_000).default(30),
  WAITING_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('a room; then QUEUE_FULL'),
  ACTIVE_MS: z.coerce.number().int().min(100).max(86_400_000).default(300_000),
  WAITING_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(604_800_000)
    .default(43_200_000)
    .describe('since last seen'),
  EXTEND_MAX_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(3_600_000)
    .describe('how far from now the deadline of an ACTIVE token can be moved'),
  ADMIT_EVERY_MS: z.coerce.number().int().min(20).max(5_000).default(250),
  REDIS_URL: z.string().regex(/^rediss?:\/\//, 'must be redis:// or rediss://'),
  REDIS_COMMAND_TIMEOUT_MS: z.coerce.number().int().min(20).max(1_000).default(500),
  ROOM_POOL_MAX: z.coerce
    .number()
    .int()
    .min(3)
    .max(100)
    .default(4)
    .describe(
      'connections of PostgreSQL that serve the waiting rooms while Redis is away, beside DATABASE_POOL_MAX',
    ),
  CATALOG_GRPC: grpcTarget,
  PLACE_STREAMS_MAX: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(5_000)
    .describe('connections to /queue/tokens/me/events of this process'),
  ENDED_TOKENS_KEEP_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(7)
    .describe('tokens that were used, left or expired'),
  SYSTEM_OPS_URLS: opsUrls.describe('name=http://host:port of every ops port, for /health/system'),
  KAFKA_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(6),
})

/** The checked form of `settings`. */
export type QueueConfig = z.output<typeof settings>
