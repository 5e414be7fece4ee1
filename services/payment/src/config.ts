import { cardSettings } from '@frontrow/card-provider/card-settings'
import { grpcTarget, hostSettings, whole } from '@frontrow/service-host/config'
import type { z } from 'zod'
import { webhookAddressSettings } from './webhooks/address-settings.ts'

/** Settings of the payment service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies queue tokens'),
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service, for the audit'),
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
  ...cardSettings,
  ...webhookAddressSettings,
})

/** The checked settings. */
export type Config = z.output<typeof settings>
