import { tidyKeys } from '@frontrow/idempotency/idempotency-key'
import { PATIENT } from '@frontrow/messaging/wake-up'
import type { Queryable } from '@frontrow/postgres/pool'
import { CatalogService, ReservationService } from '@frontrow/proto/services'
import { refusalKind } from '@frontrow/proto/refusals'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { Lifecycle } from '@frontrow/service-host/lifecycle'
import { watchValue } from '@frontrow/service-host/metrics'
import { createWorkerHost } from '@frontrow/service-host/worker-host'
import type { WorkerHost } from '@frontrow/service-host/worker-host'
import { askReservations } from '../ask-reservations.ts'
import { createMailer, MAIL_MAX_MS } from '../notices/mailer.ts'
import { sendNotice } from '../notices/send-notice.ts'
import { leaseNotices, noticeBacklog, tidyNotices } from '../notices/sql/notices.ts'
import type { LeasedNotice } from '../notices/sql/notices.ts'
import { deliver, POST_MAX_MS } from '../webhooks/deliver.ts'
import { WEBHOOKS_MAX } from '../webhooks/manage-webhooks.ts'
import {
  deliveryBacklog,
  failAbandoned,
  leaseDeliveries,
  tidyDeliveries,
} from '../webhooks/sql/deliveries.ts'
import type { LeasedDelivery } from '../webhooks/sql/deliveries.ts'
import type { NotifyConfig } from './config.ts'
import { createNotifyEvents } from './events.ts'
import type { NotifyEvents } from './events.ts'
import { LeasedWorker } from './leased-worker.ts'
import { newsTopics } from './news.ts'
import { newsHandlers } from './take-news.ts'

const READ_DEADLINE_MS = 2_000
// The reservation is asked for by a call that others share, for which it may wait as long as the call itself takes.
// Its turn at MAIL_PER_SECOND may be this late.
const RATE_WAIT_MAX_S = 5
const SEND_MAX_MS = READ_DEADLINE_MS * 2 + RATE_WAIT_MAX_S * 1_000 + MAIL_MAX_MS
const SCHEDULE_FRESH_MS = 30_000
const SCHEDULES_MAX = 200
const DAY_MS = 86_400_000
const TIDY_EVERY_MS = 600_000
const TIDY_BATCH = 5_000
const ABANDONED_EVERY_MS = 10_000

/** A process that tells people and systems what happened. */
export interface RunningNotify {
  opsPort: number
  lifecycle: Lifecycle
}

/** Starts the process that sends mail and webhooks for the payment service. A slow receiver of either slows no payment. */
export async function startNotify(
  config: NotifyConfig,
  options: { onFatal: (error: Error) => void; processMetrics?: boolean },
): Promise<RunningNotify> {
  const host = createWorkerHost({ service: 'notify', settings: config, ...options })
  const events = createNotifyEvents(host)
  const sender = createSender(host, config, events)
  const courier = createCourier(host, config, events)
  const workers = sender === null ? [courier] : [courier, sender]
  host.consume(
    newsTopics,
    newsHandlers({
      pool: host.pool,
      events,
      notices: sender === null ? null : { holdNoticeMs: config.HOLD_NOTICE_MS, wake: () => sender.wake() },
      webhooks: courier,
    }),
    PATIENT,
  )
  addTidying(host, config)
  host.every('disabled webhooks', ABANDONED_EVERY_MS, async () => {
    return (await failAbandoned(host.pool)) === TIDY_BATCH
  })
  watchBacklog(
    host,
    { name: 'notices_backlog', help: 'Mails that are due, and how long the oldest waits' },
    noticeBacklog,
  )
  watchBacklog(
    host,
    { name: 'webhook_deliveries_backlog', help: 'Deliveries that wait, and how long the oldest does' },
    deliveryBacklog,
  )
  // Each may take its whole time to stop, so they stop together, and after the process has said that it is not ready any more.
  const opsPort = await host.listen({
    beforeConsuming: () => Promise.resolve(),
    last: () => {
      for (const worker of workers) worker.start()
      host.lifecycle.add('mail and webhooks', async () => {
        await Promise.all(workers.map((worker) => worker.stop()))
      })
      return Promise.resolve()
    },
    markStopping: () => undefined,
  })
  return { opsPort, lifecycle: host.lifecycle }
}

/** The worker that sends mail, or null where there is no mail server. */
function createSender(
  host: WorkerHost,
  config: NotifyConfig,
  events: NotifyEvents,
): LeasedWorker<LeasedNotice> | null {
  if (config.SMTP_URL === undefined) return null
  if (config.MAIL_FROM === undefined) throw new Error('MAIL_FROM is needed where SMTP_URL is set')
  const mailer = createMailer({
    smtpUrl: config.SMTP_URL,
    from: config.MAIL_FROM,
    perSecond: config.MAIL_PER_SECOND,
    connectionsMax: config.MAIL_CONNECTIONS_MAX,
  })
  host.lifecycle.add('mail server', () => mailer.close())
  const reads = { deadlineMs: READ_DEADLINE_MS, retriable: true }
  const catalog = host.connect(CatalogService, { name: 'catalog', address: config.CATALOG_GRPC, refusalKind })
  const reservation = { name: 'reservation', address: config.RESERVATION_GRPC, refusalKind }
  const readSchedule = catalog.call('GetSchedule', reads)
  const schedules = new CoalescedCache({
    load: (scheduleId: number) => readSchedule({ scheduleId }),
    freshMs: SCHEDULE_FRESH_MS,
    max: SCHEDULES_MAX,
  })
  const ctx = {
    pool: host.pool,
    mailer,
    events,
    now: () => new Date(),
    getReservation: askReservations(
      host.connect(ReservationService, reservation).call('GetReservations', reads),
    ),
    getSchedule: (scheduleId: number) => schedules.get(scheduleId),
    config: {
      defaultLocale: config.MAIL_DEFAULT_LOCALE,
      currency: config.STRIPE_CURRENCY,
      attemptsMax: config.MAIL_ATTEMPTS_MAX,
      holdNoticeMs: config.HOLD_NOTICE_MS,
    },
  }
  return new LeasedWorker({
    name: 'mail',
    logger: host.logger,
    // No more than there are connections: a mail that waited for one would have less time than the mail server is given.
    atOnceMax: Math.min(config.MAIL_CONNECTIONS_MAX, config.MAIL_PER_SECOND * RATE_WAIT_MAX_S),
    lease: (leaseMs, limit) => leaseNotices(host.pool, leaseMs, limit),
    work: (notice, signal) => sendNotice(ctx, notice, signal),
    workMaxMs: SEND_MAX_MS,
  })
}

/** The worker that posts to webhooks. Each has slots of its own, so that a slow one delays only itself. */
function createCourier(
  host: WorkerHost,
  config: NotifyConfig,
  events: NotifyEvents,
): LeasedWorker<LeasedDelivery> {
  const ctx = {
    pool: host.pool,
    events,
    now: () => new Date(),
    config: {
      allowPrivate: config.WEBHOOK_ALLOW_PRIVATE === 'yes',
      giveUpHours: config.WEBHOOK_GIVE_UP_HOURS,
      disableHours: config.WEBHOOK_DISABLE_HOURS,
    },
  }
  const inHand = new Map<string, number>()
  const count = (webhookId: string, change: 1 | -1): void => {
    const now = (inHand.get(webhookId) ?? 0) + change
    if (now === 0) inHand.delete(webhookId)
    else inHand.set(webhookId, now)
  }
  return new LeasedWorker({
    name: 'webhooks',
    logger: host.logger,
    atOnceMax: WEBHOOKS_MAX * config.WEBHOOK_SLOTS,
    lease: async (leaseMs, limit) => {
      const slots = { each: config.WEBHOOK_SLOTS, inHand }
      const leased = await leaseDeliveries(host.pool, leaseMs, limit, slots)
      for (const { webhookId } of leased) count(webhookId, 1)
      return leased
    },
    work: async (delivery, signal) => {
      try {
        await deliver(ctx, delivery, signal)
      } finally {
        count(delivery.webhookId, -1)
      }
    },
    workMaxMs: POST_MAX_MS,
  })
}

/** Each is a task of its own, so that one that fails keeps none of the others from their work. */
function addTidying(host: WorkerHost, config: NotifyConfig): void {
  const { pool } = host
  const oldest = (): Date => new Date(Date.now() - config.NOTICE_KEEP_DAYS * DAY_MS)
  const add = (name: string, tidy: () => Promise<number>): void => {
    host.every(name, TIDY_EVERY_MS, async () => (await tidy()) >= TIDY_BATCH)
  }
  add('tidy mails', () => tidyNotices(pool, oldest()))
  add('tidy deliveries', () => tidyDeliveries(pool, oldest()))
  add('tidy keys', () => tidyKeys(pool, config.IDEMPOTENCY_KEEP_HOURS))
}

function watchBacklog(
  host: WorkerHost,
  metric: { name: string; help: string },
  read: (db: Queryable) => Promise<{ rows: number; oldestSeconds: number }>,
): void {
  watchValue(
    host.metrics.registry,
    { ...metric, labelName: 'what' },
    async () => {
      const { rows, oldestSeconds } = await read(host.pool)
      return [
        { label: 'rows', value: rows },
        { label: 'oldest_seconds', value: oldestSeconds },
      ]
    },
    (error) => host.logger.warn({ err: error }, 'what waits could not be counted'),
  )
}
