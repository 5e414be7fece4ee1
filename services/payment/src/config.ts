import { cardSettings, stripePageSettings } from '@frontrow/card-provider/card-settings'
import { grpcTarget, hostSettings, idempotencyKeepHours, whole } from '@frontrow/service-host/config'
import type { z } from 'zod'
import { webhookAddressSettings } from './webhooks/address-settings.ts'

/** Settings of the payment service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies queue tokens'),
  CATALOG_GRPC: grpcTarget.describe(
    'gRPC of the catalog service: whether there is a schedule, and the audit',
  ),
  RESERVATION_GRPC: grpcTarget.describe('gRPC of the reservation service: what is to be paid, and the audit'),
  WALLET_GRPC: grpcTarget.describe('gRPC of the wallet service, for the audit'),
  PAYMENT_WAIT_MS: whole(0, 30_000, 5_000).describe(
    'how long POST /payments waits for the saga before it answers 202',
  ),
  PAYMENT_DELAY_MAX_MS: whole(100, 30_000, 2_000).describe(
    'payments that would take longer than this, since others are before them, are refused with 503',
  ),
  SAGA_REPLY_WAIT_MS: whole(50, 60_000, 3_000).describe(
    'first wait of a saga for a reply; doubled with each resend',
  ),
  SAGA_REPLY_WAIT_MAX_MS: whole(50, 600_000, 60_000).describe('longest wait of a saga for a reply'),
  SAGA_TAKING_MONEY_ATTEMPTS_MAX: whole(1, 20, 6).describe(
    'requests for the money before a saga gives up and refunds',
  ),
  SAGA_POLL_MS: whole(20, 10_000, 1_000).describe('how often sagas whose wait is over are looked for'),
  CARD_CAPTURES_MAX: whole(1, 2_000, 256).describe(
    'first calls for captures at the card provider at once, by process; beside them a quarter as many repeats, and as many that are given up',
  ),
  CARD_REFUNDS_MAX: whole(1, 1_000, 32).describe(
    'first calls for refunds at once, by process; a quarter as many repeats beside them',
  ),
  CARD_QUESTIONS_MAX: whole(1, 1_000, 16).describe(
    'questions at once, by process, about cards whose owners have to take a step',
  ),
  CARD_ACTION_POLL_MS: whole(50, 600_000, 5_000).describe(
    "how often the provider is asked about such a card; the provider's events come sooner",
  ),
  RECONCILE_EVERY_MS: whole(50, 3_600_000, 30_000).describe(
    'how often payments are looked through for money that is held without a ticket, 1,000 of them at a time',
  ),
  RECONCILE_AFTER_MS: whole(0, 3_600_000, 60_000).describe(
    'how long a saga has stood still when it is told what it has missed',
  ),
  IDEMPOTENCY_KEEP_HOURS: idempotencyKeepHours,
  ...cardSettings,
  ...webhookAddressSettings,
  ...stripePageSettings,
})

/** The checked settings. */
export type Config = z.output<typeof settings>
