import { CatalogService, ReservationService } from '@frontrow/proto/services'
import { refusalKind } from '@frontrow/proto/refusals'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { Lifecycle } from '@frontrow/service-host/lifecycle'
import { watchValue } from '@frontrow/service-host/metrics'
import { createWorkerHost } from '@frontrow/service-host/worker-host'
import type { WorkerHost } from '@frontrow/service-host/worker-host'
import { askReservations } from '../ask-reservations.ts'
import { createMailer } from '../notices/mailer.ts'
import { sendNotice } from '../notices/send-notice.ts'
import { leaseNotices, noticeBacklog, tidyNotices } from '../notices/sql/notices.ts'
import type { LeasedNotice } from '../notices/sql/notices.ts'
import type { NotifyConfig } from './config.ts'
import { createNotifyEvents } from './events.ts'
import type { NotifyEvents } from './events.ts'
import { LeasedWorker } from './leased-worker.ts'
import { newsTopics } from './news.ts'
import { newsHandlers } from './take-news.ts'

const READ_DEADLINE_MS = 2_000
const SEND_MAX_MS = 30_000
/** Longer than an attempt with all that is read for it. */
const LEASE_MS = 60_000
const SCHEDULE_FRESH_MS = 30_000
const SCHEDULES_MAX = 200
const TIDY_EVERY_MS = 600_000
const TIDY_BATCH = 5_000

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
  host.consume(
    newsTopics,
    newsHandlers({
      pool: host.pool,
      events,
      notices: sender === null ? null : { holdNoticeMs: config.HOLD_NOTICE_MS, wake: () => sender.wake() },
    }),
  )
  host.every('tidy', TIDY_EVERY_MS, async () => {
    return (await tidyNotices(host.pool, config.NOTICE_KEEP_DAYS)) === TIDY_BATCH
  })
  watchBacklog(host)
  const opsPort = await host.listen()
  if (sender !== null) {
    sender.start()
    host.lifecycle.add('mail', () => sender.stop())
  }
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
    // While one mail is on each connection, the next one is being written.
    atOnceMax: config.MAIL_CONNECTIONS_MAX * 2,
    lease: (limit) => leaseNotices(host.pool, LEASE_MS, limit),
    work: (notice, signal) => sendNotice(ctx, notice, signal),
    workMaxMs: SEND_MAX_MS,
  })
}

function watchBacklog(host: WorkerHost): void {
  watchValue(
    host.metrics.registry,
    { name: 'notices_backlog', help: 'Mails that are due, and how long the oldest waits', labelName: 'what' },
    async () => {
      const { rows, oldestSeconds } = await noticeBacklog(host.pool)
      return [
        { label: 'rows', value: rows },
        { label: 'oldest_seconds', value: oldestSeconds },
      ]
    },
    (error) => host.logger.warn({ err: error }, 'the mails could not be counted'),
  )
}
