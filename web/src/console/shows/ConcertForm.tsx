import type { BodyOf } from '@frontrow/client/routes'
import { useState } from 'react'
import { api } from '../../api.ts'
import { Button } from '../../parts/Button.tsx'
import { useWords } from '../../use-words.ts'
import type { Say } from '../../words.ts'
import { AreaField, TextField } from '../form/Field.tsx'
import { TypedFields } from '../form/typed-fields.ts'
import { useForm } from '../form/use-form.ts'
import type { Checked, Values } from '../form/use-form.ts'
import { WriteNote } from '../form/WriteNote.tsx'
import type { Concert, Versioned } from './show-queries.ts'
import styles from '../form/Form.module.css'

interface ConcertFields {
  title: string
  artist: string | undefined
  description: string | undefined
}

/** Makes a concert, or changes `known` as it was when the form was opened. */
export function ConcertForm({
  known,
  onDone,
  onClose,
  onReload,
}: {
  known?: Versioned<Concert>
  onDone: (concert: Concert) => unknown
  onClose: () => void
  /** Shows the concert as it is now, where somebody else has changed it. */
  onReload?: () => void
}) {
  const { t } = useWords()
  const [concert] = useState(known)
  const form = useForm<ConcertFields, Concert>({
    purpose:
      concert === undefined ? 'console.concert' : `console.concert.${concert.data.concertId}.${concert.tag}`,
    begin: {
      title: concert?.data.title ?? '',
      artist: concert?.data.artist ?? '',
      description: concert?.data.description ?? '',
    },
    check: checkConcert,
    send: (key, fields) => (concert === undefined ? create(key, fields) : change(key, concert, fields)),
    onDone,
  })
  return (
    <form ref={form.element} className={styles['form']} onSubmit={form.submit} noValidate>
      <TextField form={form} name="title" label={t('concertForm.title')} />
      <TextField form={form} name="artist" label={t('concertForm.artist')} isOptional />
      <AreaField form={form} name="description" label={t('concertForm.description')} isOptional />
      <WriteNote form={form} {...(onReload === undefined ? {} : { onReload })} />
      <p className={styles['row']}>
        <Button type="submit" look="main" isDisabled={form.once.isPending}>
          {concert === undefined ? t('concertForm.create') : t('write.save')}
        </Button>
        <Button look="quiet" isDisabled={form.once.isPending} onPress={onClose}>
          {t('write.cancel')}
        </Button>
      </p>
    </form>
  )
}

function checkConcert(values: Values, t: Say): Checked<ConcertFields> {
  const fields = new TypedFields(values, t)
  return fields.checked({
    title: fields.text('title', 200),
    artist: fields.optionalText('artist', 200),
    description: fields.optionalText('description', 2_000),
  })
}

function create(key: string, { title, artist, description }: ConcertFields) {
  const body: BodyOf<'post', '/api/v1/admin/concerts'> = {
    title,
    ...(artist === undefined ? {} : { artist }),
    ...(description === undefined ? {} : { description }),
  }
  return api.POST('/api/v1/admin/concerts', { params: { header: { 'Idempotency-Key': key } }, body })
}

function change(key: string, { data: { concertId }, tag }: Versioned<Concert>, fields: ConcertFields) {
  const { title, artist = null, description = null } = fields
  return api.PATCH('/api/v1/admin/concerts/{concertId}', {
    params: { path: { concertId }, header: { 'Idempotency-Key': key, 'If-Match': tag } },
    body: { title, artist, description },
  })
}
