import { Link } from 'react-router'
import { Button } from '../../parts/Button.tsx'
import { classNames } from '../../parts/class-names.ts'
import type { ListedSchedule } from '../../queries.ts'
import { useWords } from '../../use-words.ts'
import styles from './Calendar.module.css'
import { firstWeekdayOf, monthAfter, monthGrid } from './month-grid.ts'

/** A month with the days that have shows. The list beside it says the same, and more. */
export function Calendar({
  month,
  earliest,
  today,
  shows,
  timeZone,
  onMonth,
  onDay,
}: {
  month: string
  /** No month before this one is shown. */
  earliest: string
  today: string
  shows: readonly ListedSchedule[]
  timeZone: string | undefined
  onMonth: (month: string) => void
  /** A day of several shows was chosen. */
  onDay: (day: string) => void
}) {
  const { t, language } = useWords()
  return (
    <div className={styles['calendar']}>
      <div className={styles['head']}>
        <Button isDisabled={month <= earliest} onPress={() => onMonth(monthAfter(month, -1))}>
          <span aria-hidden="true">‹</span>
          <span className="unseen">{t('calendar.before')}</span>
        </Button>
        <p aria-live="polite">
          <strong>{monthName(month, language)}</strong>
        </p>
        <Button onPress={() => onMonth(monthAfter(month, 1))}>
          <span aria-hidden="true">›</span>
          <span className="unseen">{t('calendar.after')}</span>
        </Button>
      </div>
      <Month month={month} today={today} shows={shows} onDay={onDay} />
      <p className={styles['key']} aria-hidden="true">
        <span className={classNames(styles['mark'], styles['free'])} /> {t('calendar.hasShow')}
        <span className={classNames(styles['mark'], styles['gone'])} /> {t('calendar.soldOut')}
      </p>
      {timeZone === undefined ? null : (
        <p className={styles['zone']}>{t('calendar.zone', { zone: timeZone })}</p>
      )}
    </div>
  )
}

function Month({
  month,
  today,
  shows,
  onDay,
}: {
  month: string
  today: string
  shows: readonly ListedSchedule[]
  onDay: (day: string) => void
}) {
  const { language } = useWords()
  const firstWeekday = firstWeekdayOf(language)
  const weeks = monthGrid(month, firstWeekday)
  const byDay = Map.groupBy(shows, ({ performanceDate }) => performanceDate)
  return (
    <table className={styles['month']}>
      <caption className="unseen">{monthName(month, language)}</caption>
      <thead>
        <tr>
          {weekdayNames(firstWeekday, language).map(({ short, long }) => (
            <th key={long} scope="col" abbr={long}>
              {short}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week, at) => (
          <tr key={week.find((day) => day !== undefined) ?? at}>
            {week.map((day, weekday) => (
              <td key={day ?? `${at} ${weekday}`} {...(day === today ? { 'aria-current': 'date' } : {})}>
                {day === undefined ? null : <Day day={day} shows={byDay.get(day) ?? []} onDay={onDay} />}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Day({
  day,
  shows,
  onDay,
}: {
  day: string
  shows: readonly ListedSchedule[]
  onDay: (day: string) => void
}) {
  const { t, localDay } = useWords()
  const number = String(Number(day.slice(8)))
  const [only, ...others] = shows
  if (only === undefined) return <span className={styles['empty']}>{number}</span>
  const isGone = shows.every(({ availableSeats }) => availableSeats === 0)
  const label = t(isGone ? 'calendar.daySoldOut' : 'calendar.day', {
    day: localDay(day),
    count: shows.length,
  })
  const look = classNames(styles['day'], isGone ? styles['gone'] : styles['free'])
  const told = (
    <>
      {number}
      {others.length === 0 ? null : <small>×{shows.length}</small>}
      <span className="unseen"> {label}</span>
    </>
  )
  return others.length === 0 ? (
    <Link className={look} to={`/concerts/${only.concertId}/schedules/${only.scheduleId}`}>
      {told}
    </Link>
  ) : (
    <button type="button" className={look} onClick={() => onDay(day)}>
      {told}
    </button>
  )
}

/** A month as people of the language write it. */
export function monthName(month: string, language: string): string {
  return new Intl.DateTimeFormat(language, { timeZone: 'UTC', year: 'numeric', month: 'long' }).format(
    new Date(`${month}-01T00:00:00Z`),
  )
}

function weekdayNames(firstWeekday: number, language: string): { short: string; long: string }[] {
  // 1 June 2026 is a Monday.
  const name = (at: number, weekday: 'narrow' | 'short' | 'long'): string =>
    new Intl.DateTimeFormat(language, { timeZone: 'UTC', weekday }).format(
      Date.UTC(2026, 5, firstWeekday + at),
    )
  return Array.from({ length: 7 }, (_, at) => ({ short: name(at, 'short'), long: name(at, 'long') }))
}
