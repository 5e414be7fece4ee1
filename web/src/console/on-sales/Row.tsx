import { useRef } from 'react'
import { Link } from 'react-router'
import { classNames } from '../../parts/class-names.ts'
import { useWords } from '../../use-words.ts'
import { PhaseLine } from '../PhaseLine.tsx'
import { roomQuery, salesQuery } from '../queries.ts'
import type { ListedSchedule } from '../queries.ts'
import { useLive } from '../use-live.ts'
import { useMayUse } from '../use-roles.ts'
import { useIsOnScreen } from './use-is-on-screen.ts'
import styles from './OnSales.module.css'

/** Two questions a row, of twenty rows at most on a screen. */
const EVERY_MS = 5_000

/** One on-sale of the list. Only what is on screen is asked about. */
export function Row({ schedule }: { schedule: ListedSchedule }) {
  const { t, count, showTime } = useWords()
  const row = useRef<HTMLLIElement>(null)
  const mayWatch = useMayUse()(['operator'])
  const isSeen = useIsOnScreen(row)
  const { scheduleId, concertTitle, venueName, performanceAt, timeZone, seatCount, status } = schedule
  const isRunning = status === 'ON_SALE'
  const { data: watchedRoom, staleSince: roomStaleSince } = useLive(
    roomQuery(scheduleId),
    EVERY_MS,
    isSeen && isRunning && mayWatch,
  )
  const { data: watchedSales, staleSince: salesStaleSince } = useLive(
    salesQuery(scheduleId),
    EVERY_MS,
    isSeen,
  )
  const isOld = roomStaleSince !== undefined || salesStaleSince !== undefined
  const told = (value: number | undefined): string => (value === undefined ? '–' : count(value))
  // What the room of a sale that is over had last is none of now.
  const room = isRunning ? watchedRoom?.room : undefined
  return (
    <li ref={row}>
      <Link to={`/console/on-sales/${scheduleId}`} className={styles['row']}>
        <span className={styles['show']}>
          <strong>{concertTitle}</strong>
          <small>
            {venueName} · {showTime(performanceAt, timeZone)}
          </small>
          <span className={styles['phase']}>
            <PhaseLine schedule={schedule} />
            {room?.paused === true ? <b className={styles['paused']}>{t('console.onSales.paused')}</b> : null}
          </span>
        </span>
        <span className={classNames(styles['numbers'], isOld ? styles['old'] : undefined)}>
          <span>
            <small>{t('console.figure.waiting')}</small> {told(room?.waiting)}
          </span>
          <span>
            <small>{t('console.figure.in')}</small> {told(room?.active)}
          </span>
          <span>
            <small>{t('console.figure.sold')}</small> {told(watchedSales?.sales.soldSeats)}{' '}
            <small>{t('console.figure.of', { all: count(seatCount) })}</small>
          </span>
        </span>
      </Link>
    </li>
  )
}
