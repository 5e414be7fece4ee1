import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api.ts'
import { Await } from '../../parts/Await.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { useWords } from '../../use-words.ts'
import { Retry } from './Retry.tsx'
import { failedDeliveriesQuery, troubleCountQuery } from './trouble-queries.ts'
import type { Delivery, Webhook } from './trouble-queries.ts'
import styles from './Troubles.module.css'

/** Deliveries of a webhook that failed for good. */
export function FailedDeliveries({ webhook: { webhookId, url } }: { webhook: Webhook }) {
  const { t } = useWords()
  const deliveries = useInfiniteQuery(failedDeliveriesQuery(webhookId))
  return (
    <Await query={deliveries}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        return (
          <>
            <h3 className={styles['url']}>{url}</h3>
            {items.length === 0 ? <p>{t('troubles.noDeliveries')}</p> : null}
            <ul className={styles['list']}>
              {items.map((delivery) => (
                <FailedDelivery key={delivery.deliveryId} webhookId={webhookId} delivery={delivery} />
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
  const { deliveryId, eventType, subject, attempts, responseStatus, lastError, createdAt } = delivery
  return (
    <li>
      <p>
        <strong>{eventType}</strong> <span className={styles['id']}>{subject}</span>
      </p>
      <p className={styles['about']}>
        {moment(createdAt)} · {t('troubles.attempts', { count: attempts })}
        {responseStatus === null ? null : ` · ${t('troubles.answered', { status: String(responseStatus) })}`}
      </p>
      {lastError === null ? null : <p className={styles['error']}>{lastError}</p>}
      <Retry
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
