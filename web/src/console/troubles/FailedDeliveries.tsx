import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api.ts'
import { Await } from '../../parts/Await.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { useWords } from '../../use-words.ts'
import { Retry } from './Retry.tsx'
import { StillTried } from './StillTried.tsx'
import { failedDeliveriesQuery, troubleCountQuery, waitingDeliveriesQuery } from './trouble-queries.ts'
import type { Delivery, Webhook } from './trouble-queries.ts'
import { WebhookName, WebhookTrouble } from './WebhookState.tsx'
import styles from './Troubles.module.css'

/** How a webhook does: its deliveries that failed for good, and whether some are still tried. */
export function FailedDeliveries({ webhook }: { webhook: Webhook }) {
  const { t } = useWords()
  const waiting = useQuery(waitingDeliveriesQuery(webhook))
  const deliveries = useInfiniteQuery(failedDeliveriesQuery(webhook))
  return (
    <Await query={deliveries}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        return (
          <>
            <h3 className={styles['url']}>
              <WebhookName webhook={webhook} />
            </h3>
            <WebhookTrouble webhook={webhook} />
            <StillTried query={waiting} />
            {items.length === 0 ? <p>{t('troubles.noDeliveries')}</p> : null}
            <ul className={styles['list']}>
              {items.map((delivery) => (
                <FailedDelivery key={delivery.deliveryId} webhookId={webhook.webhookId} delivery={delivery} />
              ))}
            </ul>
            <MoreButton query={deliveries} />
          </>
        )
      }}
    </Await>
  )
}

function FailedDelivery({ webhookId, delivery }: { webhookId: string; delivery: Delivery }) {
  const { t, moment } = useWords()
  const queries = useQueryClient()
  const { deliveryId, eventType, subject, attempts, lastError, createdAt, endedAt } = delivery
  return (
    <li>
      <p>
        <strong>{eventType}</strong> <span className={styles['id']}>{subject}</span>
      </p>
      <p className={styles['about']}>
        {moment(createdAt)} · {t('troubles.attempts', { count: attempts })}
      </p>
      {lastError === null ? null : <p className={styles['error']}>{lastError}</p>}
      <Retry
        // What failed once more can be tried once more.
        key={endedAt}
        label={t('troubles.deliveryRetry')}
        done={t('troubles.deliveryDone')}
        send={(key) =>
          api.POST('/api/v1/admin/webhooks/{webhookId}/deliveries/{deliveryId}/retry', {
            params: { path: { webhookId, deliveryId }, header: { 'Idempotency-Key': key } },
          })
        }
        onDone={() => queries.invalidateQueries({ queryKey: troubleCountQuery().queryKey })}
      />
    </li>
  )
}
