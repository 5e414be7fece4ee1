import { SEATS_MAX } from '@frontrow/proto/values'
import { grpcTarget, hostSettings, idempotencyKeepHours, whole } from '@frontrow/service-host/config'
import type { z } from 'zod'
import { ed25519PrivateKey, ed25519PublicKeys } from './tickets/key-settings.ts'

/** Settings of the reservation service. */
export const settings = hostSettings.extend({
  QUEUE_GRPC: grpcTarget.describe('gRPC of the queue service, which verifies and extends queue tokens'),
  CATALOG_GRPC: grpcTarget.describe('gRPC of the catalog service: schedules, seats and prices'),
  PAYMENT_GRPC: grpcTarget.describe(
    'gRPC of the payment service: what has become of the payments that are jobs',
  ),
  HOLD_MS: whole(50, 86_400_000, 300_000).describe('how long a hold keeps its seats'),
  SEATS_PER_USER_MAX: whole(1, SEATS_MAX, 6).describe(
    'seats of one schedule that a user can hold and buy, and open jobs that they can have',
  ),
  REFRESHES_MAX: whole(0, 100, 2).describe('how often one hold can be extended'),
  RELEASES_MAX: whole(1, 1_000_000, 36).describe(
    'seats of one schedule that a user can give back, or let run out, before they can hold no more of it for a while; each refresh of a hold counts its seats once more',
  ),
  RELEASES_WINDOW_MS: whole(100, 86_400_000, 3_600_000).describe(
    'how long the seats of a hold that was not kept count for RELEASES_MAX, from the hold on',
  ),
  SCHEDULE_CACHE_MS: whole(0, 60_000, 2_000).describe(
    'how old the status and the on-sale window of a schedule may be',
  ),
  SWEEP_EVERY_MS: whole(20, 60_000, 1_000).describe(
    'how often expired holds and cancelled schedules are looked for',
  ),
  SWEEP_BATCH_MAX: whole(1, 2_000, 200).describe('holds that one transaction of the sweeper ends, at most'),
  JOBS_WAITING_MAX: whole(1, 1_000_000, 10_000).describe(
    'jobs of one schedule that have not ended, at most; more are refused with 503',
  ),
  JOB_MAX_MS: whole(100, 600_000, 120_000).describe(
    'a job that could not be done so long after it was accepted fails with TIMEOUT and holds nothing',
  ),
  JOB_ATTEMPT_MS: whole(100, 120_000, 3_000).describe(
    'how long a job belongs to the instance that works at it, which may have died; then another one tries',
  ),
  JOB_KEEP_MS: whole(1_000, 86_400_000, 3_600_000).describe('how long a job is kept after its end'),
  IDEMPOTENCY_KEEP_HOURS: idempotencyKeepHours,
  TICKET_SIGNING_KEY: ed25519PrivateKey.describe(
    'private key of Ed25519 that signs the codes of tickets: PKCS #8, as PEM or as the base64 in it; docs/tickets.md',
  ),
  TICKET_PUBLIC_KEYS: ed25519PublicKeys.describe(
    'further public keys whose tickets are good: SPKI, as PEM or as the base64 in it, separated by commas; older ones, and the next one before it signs',
  ),
})

/** The checked settings. */
export type Config = z.output<typeof settings>
