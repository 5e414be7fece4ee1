import type { WorkerHost } from '@frontrow/service-host/worker-host'
import { Counter } from 'prom-client'
import type { NoticeKind } from '../notices/sql/notices.ts'

/** Counts and logs what becomes of mails and of deliveries to webhooks. */
export interface NotifyEvents {
  /** A mail that nobody can be sent, because the user's tokens have named no address. */
  addressMissing(kind: NoticeKind): void
  noticeEnded(notice: {
    noticeId: string
    kind: NoticeKind
    outcome: 'sent' | 'skipped' | 'failed'
    why: string | null
  }): void
  noticePostponed(notice: {
    noticeId: string
    kind: NoticeKind
    attempts: number
    retryInMs: number
    error: string
  }): void
  deliveryEnded(delivery: DeliveryIds, outcome: 'delivered' | 'failed'): void
  deliveryPostponed(delivery: DeliveryIds & { attempts: number }, error: string, retryInMs: number): void
  webhookDisabled(webhookId: string, reason: 'GONE' | 'FAILING'): void
}

interface DeliveryIds {
  deliveryId: string
  webhookId: string
}

export function createNotifyEvents({
  logger,
  metrics,
}: Pick<WorkerHost, 'logger' | 'metrics'>): NotifyEvents {
  const registers = [metrics.registry]
  const notices = new Counter({
    name: 'notices_total',
    help: 'Mails by kind and by what became of them; no_address: the user has none; postponed: an attempt failed',
    labelNames: ['kind', 'outcome'] as const,
    registers,
  })
  const deliveries = new Counter({
    name: 'webhook_deliveries_total',
    help: 'Deliveries to webhooks by what became of them; postponed: an attempt failed',
    labelNames: ['outcome'] as const,
    registers,
  })
  return {
    addressMissing(kind) {
      notices.inc({ kind, outcome: 'no_address' })
    },
    noticeEnded({ outcome, ...notice }) {
      notices.inc({ kind: notice.kind, outcome })
      if (outcome === 'failed') logger.error(notice, 'a mail could not be sent and is parked')
      else logger.debug(notice, `mail ${outcome}`)
    },
    noticePostponed(notice) {
      notices.inc({ kind: notice.kind, outcome: 'postponed' })
      logger.debug(notice, 'a mail could not be sent; trying again')
    },
    deliveryEnded({ deliveryId, webhookId }, outcome) {
      deliveries.inc({ outcome })
      logger.debug({ deliveryId, webhookId }, `webhook ${outcome}`)
    },
    deliveryPostponed({ deliveryId, webhookId, attempts }, error, retryInMs) {
      deliveries.inc({ outcome: 'postponed' })
      logger.debug(
        { deliveryId, webhookId, attempts, error, retryInMs },
        'a webhook was not taken; trying again',
      )
    },
    webhookDisabled(webhookId, reason) {
      logger.error({ webhookId, reason }, 'a webhook was disabled')
    },
  }
}
