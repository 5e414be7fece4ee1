import { Button } from '../../parts/Button.tsx'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import { useForm } from '../form/use-form.ts'
import { WriteNote } from '../form/WriteNote.tsx'
import { changeSchedule } from './change-schedule.ts'
import type { ScheduleChange } from './change-schedule.ts'
import type { AdminSchedule, Versioned } from './show-queries.ts'
import styles from './Shows.module.css'

/** Closes the sale of a date, or opens it again, as it was read last: what somebody else changed since is said and not overrun. */
export function SaleSwitch({
  versioned,
  onReload,
}: {
  versioned: Versioned<AdminSchedule>
  onReload: () => void
}) {
  const { t, showTime } = useWords()
  const now = useServerNow()
  const { scheduleId, status, bookingCloseAt, timeZone } = versioned.data
  const wanted = status === 'ON_SALE' ? 'CLOSED' : 'ON_SALE'
  const form = useForm<ScheduleChange, unknown>({
    purpose: `console.sale.${scheduleId}.${versioned.tag}`,
    begin: {},
    check: () => ({ body: { status: wanted } }),
    send: (key, body) => changeSchedule(versioned, key, body),
    onDone: onReload,
  })
  if (status === 'CLOSED' && Date.parse(bookingCloseAt) <= now) {
    return <p>{t('saleSwitch.over', { at: showTime(bookingCloseAt, timeZone) })}</p>
  }
  return (
    <form ref={form.element} onSubmit={form.submit} className={styles['switch']}>
      <p>{t(`saleSwitch.${wanted}.text`)}</p>
      <Button isOnce type="submit" isDisabled={form.once.isPending}>
        {t(`saleSwitch.${wanted}.press`)}
      </Button>
      <WriteNote form={form} onReload={onReload} />
    </form>
  )
}
