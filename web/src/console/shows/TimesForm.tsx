import { useState } from 'react'
import { Button } from '../../parts/Button.tsx'
import { useWords } from '../../use-words.ts'
import type { Say } from '../../words.ts'
import { CheckField, TextField } from '../form/Field.tsx'
import { TypedFields } from '../form/typed-fields.ts'
import { useForm } from '../form/use-form.ts'
import type { Checked, Values } from '../form/use-form.ts'
import { WriteNote } from '../form/WriteNote.tsx'
import { changeSchedule } from './change-schedule.ts'
import type { ScheduleChange } from './change-schedule.ts'
import { noteOrder, readTime, timeFields, timeHint } from './schedule-times.ts'
import type { AdminSchedule, Versioned } from './show-queries.ts'
import { venueClock } from './venue-time.ts'
import styles from '../form/Form.module.css'

/** Changes the times of a date. Only what was changed is sent: fields have no seconds, and the times may. */
export function TimesForm({
  versioned,
  onReload,
  onClose,
}: {
  versioned: Versioned<AdminSchedule>
  onReload: () => void
  onClose: () => void
}) {
  const { t } = useWords()
  const [read] = useState(versioned)
  const { scheduleId, timeZone } = read.data
  const begin = timesOf(read.data)
  const finish = (): void => {
    onClose()
    onReload()
  }
  const form = useForm<ScheduleChange, unknown>({
    purpose: `console.times.${scheduleId}.${read.tag}`,
    begin,
    check: (values, say) => checkTimes(values, begin, read.data, say),
    send: (key, body) => changeSchedule(read, key, body),
    onDone: finish,
  })
  return (
    <form ref={form.element} className={styles['form']} onSubmit={form.submit} noValidate>
      <h2>{t('times.title')}</h2>
      <p className={styles['hint']}>{t('newDate.timesIn', { timeZone })}</p>
      <div className={styles['columns']}>
        {timeFields.map((name) => (
          <TextField
            key={name}
            form={form}
            name={name}
            type="datetime-local"
            label={t(`time.${name}`)}
            isOptional={name === 'refundableUntil'}
            hint={timeHint(name, t)}
          />
        ))}
      </div>
      <CheckField
        form={form}
        name="noOrphanSeats"
        label={t('newDate.noOrphanSeats')}
        hint={t('newDate.noOrphanSeatsHint')}
      />
      <WriteNote form={form} onReload={finish} />
      <p className={styles['row']}>
        <Button type="submit" look="main" isDisabled={form.once.isPending}>
          {t('write.save')}
        </Button>
        <Button look="quiet" isDisabled={form.once.isPending} onPress={onClose}>
          {t('write.cancel')}
        </Button>
      </p>
    </form>
  )
}

function timesOf(schedule: AdminSchedule): Values {
  const clock = (at: string | null): string => (at === null ? '' : venueClock(at, schedule.timeZone))
  return {
    ...Object.fromEntries(timeFields.map((field) => [field, clock(schedule[field])])),
    noOrphanSeats: schedule.noOrphanSeats ? 'yes' : '',
  }
}

function checkTimes(values: Values, begin: Values, schedule: AdminSchedule, t: Say): Checked<ScheduleChange> {
  const fields = new TypedFields(values, t)
  const body: ScheduleChange = {}
  for (const field of timeFields) {
    if (values[field] === begin[field]) continue
    const at = readTime(fields, field, schedule.timeZone, t)
    if (at !== undefined) body[field] = at
    else if (field === 'refundableUntil') body[field] = null
    else fields.note(field, t('typed.time.none'))
  }
  // A waiting room that opens with the booking moves with it.
  const isTogether = schedule.waitingRoomOpenAt === schedule.bookingOpenAt
  noteOrder(fields, { ...schedule, ...(isTogether ? { waitingRoomOpenAt: undefined } : {}), ...body }, t)
  if (values['noOrphanSeats'] !== begin['noOrphanSeats']) {
    body.noOrphanSeats = values['noOrphanSeats'] === 'yes'
  }
  if (Object.keys(body).length === 0 && Object.keys(fields.problems).length === 0) {
    fields.note('performanceAt', t('times.unchanged'))
  }
  return fields.checked(body)
}
