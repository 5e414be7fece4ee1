import { grpcTarget, hostSettings, idempotencyKeepHours, whole } from '@frontrow/service-host/config'
import { z } from 'zod'
import { joinCheckSettings } from './join-check/settings.ts'

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
  MAX_ACTIVE: whole(1, 1_000_000, 300).describe(
    'people let in at once; a room starts with it, an admin can change it for each',
  ),
  ADMIT_PER_SECOND: whole(1, 10_000, 30).describe(
    'people let in a second; a room starts with it, an admin can change it for each',
  ),
  WAITING_MAX: whole(1, 10_000_000, 100_000).describe(
    'people who wait in one room; more are refused with QUEUE_FULL',
  ),
  ACTIVE_MS: whole(100, 86_400_000, 300_000).describe(
    'how long somebody who was let in may stay; a hold extends it, up to ACTIVE_MAX_MS',
  ),
  WAITING_MS: whole(100, 604_800_000, 43_200_000).describe(
    'how long a place in the line is kept since its holder was last seen',
  ),
  SHOW_UP_MS: whole(100, 86_400_000, 90_000).describe(
    'who is let in and is not seen for so long (no poll, no stream, no use of the token) loses the place',
  ),
  ACTIVE_MAX_MS: whole(100, 86_400_000, 900_000).describe(
    'how long after the admission a place ends at the latest, however often holds extend it',
  ),
  ADMIT_EVERY_MS: whole(20, 5_000, 250).describe('how often people are let in'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must be redis:// or rediss://')
    .describe('Redis, with its password, redis://:password@host:port; rediss:// for TLS'),
  REDIS_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "authorities that may have signed Redis's certificate, as PEM; without it those that Node knows",
    ),
  REDIS_COMMAND_TIMEOUT_MS: whole(20, 10_000, 500).describe(
    'a command to Redis that takes longer has failed',
  ),
  ROOM_POOL_MAX: whole(3, 100, 4).describe(
    'connections to PostgreSQL that mirror the waiting rooms, and answer for them while Redis is away, beside DATABASE_POOL_MAX',
  ),
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service: schedules and their on-sale windows'),
  PLACE_STREAMS_MAX: whole(0, 100_000, 5_000).describe(
    'open event streams of places, at most; counted by each instance',
  ),
  ENDED_TOKENS_KEEP_DAYS: whole(1, 3_650, 7).describe(
    'how long tokens that were used, left or expired are kept',
  ),
  IDEMPOTENCY_KEEP_HOURS: idempotencyKeepHours,
  ...joinCheckSettings,
  SYSTEM_OPS_URLS: opsUrls.describe(
    'name=http://host:port of the ops port of every service, for /health/system; separated by commas',
  ),
})

/** The checked form of `settings`. */
export type QueueConfig = z.output<typeof settings>
