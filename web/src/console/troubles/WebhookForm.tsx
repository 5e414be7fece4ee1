import type { BodyOf } from '@frontrow/client/routes'
import { api } from '../../api.ts'
import { Button } from '../../parts/Button.tsx'
import { useWords } from '../../use-words.ts'
import type { Say } from '../../words.ts'
import { CheckField, TextField } from '../form/Field.tsx'
import { TypedFields } from '../form/typed-fields.ts'
import { useForm } from '../form/use-form.ts'
import type { Checked, Values } from '../form/use-form.ts'
import { WriteNote } from '../form/WriteNote.tsx'
import styles from '../form/Form.module.css'

type NewWebhook = BodyOf<'post', '/api/v1/admin/webhooks'>

const eventTypes: readonly NewWebhook['eventTypes'][number][] = [
  'payment.approved',
  'payment.failed',
  'payment.refunded',
  'reservation.held',
  'reservation.refreshed',
  'reservation.confirmed',
  'reservation.cancelled',
  'reservation.expired',
  'schedule.created',
  'schedule.moved',
  'schedule.seats_added',
  'schedule.status_changed',
]

/** Registers a webhook; `onDone` gets the secret that is told once. */
export function WebhookForm({
  onDone,
  onClose,
}: {
  onDone: (webhook: { url: string; secret: string }) => unknown
  onClose: () => void
}) {
  const { t } = useWords()
  const form = useForm<NewWebhook, { url: string; secret: string }>({
    purpose: 'console.webhook',
    begin: { url: '', description: '' },
    check: checkWebhook,
    send: (key, body) =>
      api.POST('/api/v1/admin/webhooks', { params: { header: { 'Idempotency-Key': key } }, body }),
    onDone,
  })
  const problem = form.problem('eventTypes')
  return (
    <form ref={form.element} className={styles['form']} onSubmit={form.submit} noValidate>
      <TextField form={form} name="url" type="url" label={t('webhooks.url')} hint={t('webhooks.urlHint')} />
      <TextField form={form} name="description" label={t('webhooks.description')} isOptional />
      <fieldset className={styles['group']}>
        <legend>{t('webhooks.events')}</legend>
        <div className={styles['columns']}>
          {eventTypes.map((type) => (
            <CheckField key={type} form={form} name={`eventTypes.${type}`} label={type} />
          ))}
        </div>
        {problem === undefined ? null : (
          <p className={styles['problem']} role="alert">
            {problem}
          </p>
        )}
      </fieldset>
      <WriteNote form={form} />
      <p className={styles['row']}>
        <Button type="submit" look="main" isDisabled={form.once.isPending}>
          {t('webhooks.create')}
        </Button>
        <Button look="quiet" isDisabled={form.once.isPending} onPress={onClose}>
          {t('write.cancel')}
        </Button>
      </p>
    </form>
  )
}

function checkWebhook(values: Values, t: Say): Checked<NewWebhook> {
  const fields = new TypedFields(values, t)
  const chosen = eventTypes.filter((type) => fields.raw(`eventTypes.${type}`) === 'yes')
  if (chosen.length === 0) fields.note('eventTypes', t('webhooks.noEvents'))
  const description = fields.optionalText('description', 200)
  return fields.checked({
    url: fields.text('url', 2_000),
    eventTypes: chosen,
    ...(description === undefined ? {} : { description }),
  })
}
