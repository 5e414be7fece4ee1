import { cardSettings } from '@frontrow/card-provider/card-settings'
import { grpcTarget, idempotencyKeepHours, whole, workerSettings } from '@frontrow/service-host/config'
import { z } from 'zod'
import { locales } from '../notices/words.ts'
import { webhookAddressSettings } from '../webhooks/address-settings.ts'

/** Settings of the process that sends mail and webhooks. */
export const notifySettings = workerSettings.extend({
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service: when and where a show is'),
  RESERVATION_GRPC: grpcTarget.describe('gRPC of the reservation service: which seats'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/./)
    .optional()
    .describe(
      'mail server, as `smtp://user:password@host:587` or `smtps://…:465`; without it no mail is sent',
    ),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/)
    .optional()
    .describe('sender of all mail, as `Name <address>`; needed with SMTP_URL'),
  MAIL_DEFAULT_LOCALE: z
    .enum(locales)
    .default('en')
    .describe("language of mail to people whose token's claim `locale` names none of these"),
  MAIL_PER_SECOND: whole(1, 1_000, 20).describe('mails a second, at most, of each instance'),
  MAIL_CONNECTIONS_MAX: whole(1, 50, 4).describe('connections to the mail server, at most'),
  MAIL_ATTEMPTS_MAX: whole(1, 100, 15).describe(
    'attempts to send a mail before it is parked; 15 take about five hours, and outages do not count',
  ),
  HOLD_NOTICE_MS: whole(0, 3_600_000, 0).describe(
    'how long before a hold runs out its holder gets a mail; 0 sends none',
  ),
  NOTICE_KEEP_DAYS: whole(8, 3_650, 30).describe(
    'how long the log of mails and of deliveries to webhooks is kept; longer than Kafka keeps messages',
  ),
  WEBHOOK_SLOTS: whole(1, 50, 4).describe('requests to one webhook at once, at most, of each instance'),
  WEBHOOK_GIVE_UP_HOURS: whole(1, 168, 24).describe('how long a delivery to a webhook is tried'),
  WEBHOOK_DISABLE_HOURS: whole(1, 720, 72).describe(
    'a webhook that has taken nothing for so long is disabled',
  ),
  IDEMPOTENCY_KEEP_HOURS: idempotencyKeepHours,
  STRIPE_CURRENCY: cardSettings.STRIPE_CURRENCY,
  ...webhookAddressSettings,
})

/** The checked settings. */
export type NotifyConfig = z.output<typeof notifySettings>
