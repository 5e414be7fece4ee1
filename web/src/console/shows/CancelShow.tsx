import { useState } from 'react'
import { Button } from '../../parts/Button.tsx'
import { useWords } from '../../use-words.ts'
import { TextField } from '../form/Field.tsx'
import { TypedFields } from '../form/typed-fields.ts'
import { useForm } from '../form/use-form.ts'
import { WriteNote } from '../form/WriteNote.tsx'
import { changeSchedule } from './change-schedule.ts'
import type { ScheduleChange } from './change-schedule.ts'
import type { AdminSchedule, Versioned } from './show-queries.ts'
import styles from '../form/Form.module.css'

/** Cancels a date for good, once its concert's title has been typed. */
export function CancelShow({
  versioned,
  onReload,
  onClose,
}: {
  versioned: Versioned<AdminSchedule>
  onReload: () => void
  onClose: () => void
}) {
  const { t, count, showTime } = useWords()
  const [read] = useState(versioned)
  const { scheduleId, concertTitle, seatCount, availableSeats, performanceAt, timeZone } = read.data
  const finish = (): void => {
    onClose()
    onReload()
  }
  const form = useForm<ScheduleChange, unknown>({
    purpose: `console.cancel.${scheduleId}.${read.tag}`,
    begin: { title: '' },
    check: (values, say) => {
      const fields = new TypedFields(values, say)
      if (fields.raw('title') !== concertTitle.trim()) fields.note('title', say('cancelShow.notTitle'))
      return fields.checked({ status: 'CANCELLED' as const })
    },
    send: (key, body) => changeSchedule(read, key, body),
    onDone: finish,
  })
  return (
    <form ref={form.element} className={styles['danger']} onSubmit={form.submit} noValidate>
      <h2>{t('cancelShow.title')}</h2>
      <p>
        {t('cancelShow.text', {
          when: showTime(performanceAt, timeZone),
          taken: count(seatCount - availableSeats),
        })}
      </p>
      <TextField
        form={form}
        name="title"
        label={t('cancelShow.type')}
        hint={t('cancelShow.titleIs', { title: concertTitle })}
      />
      <WriteNote form={form} onReload={finish} />
      <p className={styles['row']}>
        <Button type="submit" isDisabled={form.once.isPending}>
          {t('cancelShow.press')}
        </Button>
        <Button look="quiet" isDisabled={form.once.isPending} onPress={onClose}>
          {t('cancelShow.keep')}
        </Button>
      </p>
    </form>
  )
}
