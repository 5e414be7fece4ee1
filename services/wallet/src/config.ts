import { hostSettings } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of the wallet service; money in the smallest unit of the currency. */
export const settings = hostSettings.extend({
  CHARGE_AMOUNT_MIN: z.coerce
    .number()
    .int()
    .min(1)
    .default(1_000)
    .describe('smallest charge, in the smallest unit of the currency'),
  CHARGE_AMOUNT_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(1_000_000)
    .describe('largest charge, in the smallest unit of the currency'),
  BALANCE_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000_000_000)
    .default(10_000_000)
    .describe(
      'balance that a charge may lead to, in the smallest unit of the currency; a refund is never refused',
    ),
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
export type WalletConfig = z.output<typeof settings>
