import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api.ts'
import { Await } from '../../parts/Await.tsx'
import { Button } from '../../parts/Button.tsx'
import { classNames } from '../../parts/class-names.ts'
import { Note } from '../../parts/Note.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { useWords } from '../../use-words.ts'
import { Opener } from '../form/Opener.tsx'
import { useWrite } from '../use-write.ts'
import { webhooksQuery } from './trouble-queries.ts'
import type { Webhook } from './trouble-queries.ts'
import { WebhookForm } from './WebhookForm.tsx'
import { WebhookName, WebhookTrouble } from './WebhookState.tsx'
import styles from './Troubles.module.css'

/** Where events are posted to: make, pause, go on. */
export default function Webhooks() {
  const { t } = useWords()
  const queries = useQueryClient()
  const [made, setMade] = useState<{ url: string; secret: string }>()
  const webhooks = useQuery(webhooksQuery())
  return (
    <>
      <PageTitle title={t('webhooks.title')} />
      <p className={styles['about']}>{t('webhooks.about')}</p>
      {made === undefined ? null : <Secret {...made} onClose={() => setMade(undefined)} />}
      <Opener label={t('webhooks.new')}>
        {(close) => (
          <WebhookForm
            onClose={close}
            onDone={(webhook) => {
              setMade(webhook)
              close()
              return queries.invalidateQueries({ queryKey: webhooksQuery().queryKey })
            }}
          />
        )}
      </Opener>
      <Await query={webhooks}>
        {(items) => (
          <>
            {items.length === 0 ? <p className={styles['part']}>{t('webhooks.none')}</p> : null}
            <ul className={classNames(styles['list'], styles['part'])}>
              {items.map((webhook) => (
                <Item key={webhook.webhookId} webhook={webhook} />
              ))}
            </ul>
          </>
        )}
      </Await>
    </>
  )
}

/** The secret of a new webhook, which the API tells only now. */
function Secret({ url, secret, onClose }: { url: string; secret: string; onClose: () => void }) {
  const { t } = useWords()
  const [isCopied, setIsCopied] = useState(false)
  // Browsers leave it out where the page did not come by https.
  const canCopy = 'clipboard' in navigator
  const copy = (): void => {
    // A browser that does not let a page copy shows the secret all the same.
    navigator.clipboard.writeText(secret).then(
      () => setIsCopied(true),
      () => setIsCopied(false),
    )
  }
  return (
    <Note kind="good">
      <p>{t('webhooks.secret', { url })}</p>
      <code className={styles['secret']}>{secret}</code>
      <p className={styles['row']}>
        {canCopy ? (
          <Button onPress={copy}>{isCopied ? t('webhooks.copied') : t('webhooks.copy')}</Button>
        ) : null}
        <Button look="quiet" onPress={onClose}>
          {t('webhooks.kept')}
        </Button>
      </p>
    </Note>
  )
}

function Item({ webhook }: { webhook: Webhook }) {
  const { t } = useWords()
  const queries = useQueryClient()
  const { webhookId, description, eventTypes, status } = webhook
  const write = useWrite(
    (body: { status: Webhook['status'] }, key) =>
      api.PATCH('/api/v1/admin/webhooks/{webhookId}', {
        params: { path: { webhookId }, header: { 'Idempotency-Key': key } },
        body,
      }),
    {
      isToggle: true,
      onSuccess: () => queries.invalidateQueries({ queryKey: webhooksQuery().queryKey }),
    },
  )
  const wanted = status === 'ENABLED' ? 'DISABLED' : 'ENABLED'
  return (
    <li>
      <p className={styles['url']}>
        <WebhookName webhook={webhook} />
      </p>
      <p className={styles['about']}>
        {description === null ? null : `${description} · `}
        {eventTypes.join(', ')}
      </p>
      <WebhookTrouble webhook={webhook} />
      {write.error === null ? null : <RefusalNote error={write.error} />}
      <Button isOnce isDisabled={write.isPending} onPress={() => write.press({ status: wanted })}>
        {t(`webhooks.to.${wanted}`)}
      </Button>
    </li>
  )
}
