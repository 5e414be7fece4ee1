import { useState } from 'react'
import { Button } from '../../parts/Button.tsx'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import { useForm } from '../form/use-form.ts'
import { WriteNote } from '../form/WriteNote.tsx'
import { changeSchedule } from './change-schedule.ts'
import type { ScheduleChange } from './change-schedule.ts'
import type { AdminSchedule, Versioned } from './show-queries.ts'
import styles from './Shows.module.css'

/** Closes the sale of a date, or opens it again. */
export function SaleSwitch({
  versioned,
  onReload,
}: {
  versioned: Versioned<AdminSchedule>
  onReload: () => void
}) {
  const { t, showTime } = useWords()
  const now = useServerNow()
  // What was read when this was drawn: a change that somebody else made meanwhile is said and not overrun.
  const [read] = useState(versioned)
  const { scheduleId, status, bookingCloseAt, timeZone } = read.data
  const wanted = status === 'ON_SALE' ? 'CLOSED' : 'ON_SALE'
  const form = useForm<ScheduleChange, unknown>({
    purpose: `console.sale.${scheduleId}.${read.tag}`,
    begin: {},
    check: () => ({ body: { status: wanted } }),
    send: (key, body) => changeSchedule(read, key, body),
    onDone: onReload,
  })
  if (status === 'CLOSED' && Date.parse(bookingCloseAt) <= now) {
    return <p>{t('saleSwitch.over', { at: showTime(bookingCloseAt, timeZone) })}</p>
  }
  return (
    <form ref={form.element} onSubmit={form.submit} className={styles['switch']}>
      <p>{t(`saleSwitch.${wanted}.text`)}</p>
      <Button type="submit" isDisabled={form.once.isPending}>
        {t(`saleSwitch.${wanted}.press`)}
      </Button>
      <WriteNote form={form} onReload={onReload} />
    </form>
  )
}
