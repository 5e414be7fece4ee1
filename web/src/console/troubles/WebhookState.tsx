import { classNames } from '../../parts/class-names.ts'
import { useWords } from '../../use-words.ts'
import type { Webhook } from './trouble-queries.ts'
import styles from './Troubles.module.css'

/** Where a webhook posts to and whether it does. */
export function WebhookName({ webhook: { url, status } }: { webhook: Webhook }) {
  const { t } = useWords()
  return (
    <>
      <strong>{url}</strong>{' '}
      <span className={classNames(styles['state'], styles[status])}>{t(`webhooks.${status}`)}</span>
    </>
  )
}

/** Why a webhook does not post, and since when nothing has been taken. */
export function WebhookTrouble({ webhook: { disabledReason, failingSince } }: { webhook: Webhook }) {
  const { t, moment } = useWords()
  return (
    <>
      {disabledReason === null ? null : <p>{t(`webhooks.why.${disabledReason}`)}</p>}
      {failingSince === null ? null : (
        <p className={styles['failing']}>{t('webhooks.failing', { at: moment(failingSince) })}</p>
      )}
    </>
  )
}
