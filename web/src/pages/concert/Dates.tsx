import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import type { Ref } from 'react'
import { Link } from 'react-router'
import { Await } from '../../parts/Await.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { schedulesQuery } from '../../queries.ts'
import type { ListedSchedule } from '../../queries.ts'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import { Calendar, monthName } from './Calendar.tsx'
import styles from './Concert.module.css'
import { lastDayOf, monthOf, todayIn } from './month-grid.ts'

const DAY_MS = 86_400_000

/** When a concert can be seen: a month at a time, in a calendar and as a list; at first the coming month. */
export function Dates({ concertId }: { concertId: number }) {
  const coming = useQuery(schedulesQuery(concertId))
  return <Await query={coming}>{(dates) => <Months concertId={concertId} coming={dates} />}</Await>
}

function Months({ concertId, coming }: { concertId: number; coming: readonly ListedSchedule[] }) {
  const { t, language } = useWords()
  const now = useServerNow()
  const headingId = useId()
  const list = useRef<HTMLUListElement>(null)
  const [chosen, setChosen] = useState<string>()
  const [wantedDay, setWantedDay] = useState<string>()
  const [first] = coming
  const timeZone = first?.timeZone
  const today = todayIn(timeZone, now)
  const month = chosen ?? monthOf(first?.performanceDate ?? today)
  const earliest = monthOf(today)
  // The coming month ends in the middle of the month that the calendar shows.
  const ofMonth = useQuery(
    schedulesQuery(concertId, {
      fromDate: month === earliest ? today : `${month}-01`,
      toDate: lastDayOf(month),
    }),
  )
  const inMonth = (ofMonth.data ?? coming).filter((date) => monthOf(date.performanceDate) === month)
  const listed = chosen === undefined ? coming : inMonth
  const isUnknown = chosen !== undefined && ofMonth.data === undefined
  const showDay = (day: string): void => {
    setChosen(month)
    setWantedDay(day)
  }
  useEffect(() => {
    // The list of the month is drawn after the press, or later where it has to be loaded.
    if (wantedDay === undefined || isUnknown) return
    list.current?.querySelector<HTMLElement>(`[data-day="${wantedDay}"] a`)?.focus()
    setWantedDay(undefined)
  }, [wantedDay, isUnknown])
  return (
    <div className={styles['months']}>
      <Calendar
        month={month}
        earliest={earliest}
        today={today}
        shows={inMonth}
        timeZone={timeZone ?? ofMonth.data?.[0]?.timeZone}
        onMonth={setChosen}
        onDay={showDay}
      />
      <section aria-labelledby={headingId}>
        <h3 id={headingId} className={styles['listed']}>
          {chosen === undefined
            ? t('calendar.soon')
            : t('calendar.listed', { month: monthName(month, language) })}
        </h3>
        {ofMonth.isError ? (
          <RefusalNote error={ofMonth.error} onRetry={() => void ofMonth.refetch()} />
        ) : null}
        {isUnknown ? (
          ofMonth.isError ? null : (
            <Loading />
          )
        ) : (
          <List
            ref={list}
            dates={listed}
            now={now}
            noneText={
              chosen === undefined
                ? t('concert.noDates')
                : t('calendar.none', { month: monthName(month, language) })
            }
          />
        )}
      </section>
    </div>
  )
}

function List({
  ref,
  dates,
  now,
  noneText,
}: {
  ref: Ref<HTMLUListElement>
  dates: readonly ListedSchedule[]
  now: number
  noneText: string
}) {
  if (dates.length === 0) return <p>{noneText}</p>
  return (
    <ul ref={ref} className={styles['dates']}>
      {dates.map((date) => (
        <OneDate key={date.scheduleId} date={date} now={now} />
      ))}
    </ul>
  )
}

function OneDate({ date, now }: { date: ListedSchedule; now: number }) {
  const { t, count, localDay, localTime, moment } = useWords()
  const { concertId, scheduleId, performanceDate, performanceTime, venueName, availableSeats } = date
  const opensAt = Date.parse(date.bookingOpenAt)
  return (
    <li data-day={performanceDate}>
      <Link to={`/concerts/${concertId}/schedules/${scheduleId}`}>
        <span>
          <strong>{localDay(performanceDate)}</strong> {localTime(performanceTime)}
        </span>
        <span className={styles['where']}>{venueName}</span>
        <span className={styles['left']}>
          {opensAt > now + DAY_MS
            ? t('concert.opensOn', { at: moment(date.bookingOpenAt) })
            : opensAt > now
              ? t('concert.opensLater')
              : availableSeats === 0
                ? t('soldOut')
                : t('concert.seatsLeft', { count: availableSeats, seats: count(availableSeats) })}
        </span>
      </Link>
    </li>
  )
}
