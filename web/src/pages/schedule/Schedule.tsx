import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from 'react-router'
import { CheckDrawButton } from '../../draw/CheckDrawButton.tsx'
import { scheduleQuery } from '../../queries.ts'
import type { Schedule as ScheduleData } from '../../queries.ts'
import { Await } from '../../parts/Await.tsx'
import { ButtonLink } from '../../parts/Button.tsx'
import { Note } from '../../parts/Note.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { TimeLeft } from '../../parts/TimeLeft.tsx'
import { useNumber } from '../../use-ids.ts'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import { NotFound } from '../NotFound.tsx'
import { salePhase } from './sale-phase.ts'
import styles from './Schedule.module.css'

/** One performance: prices, seats left, and the way into its line. */
export default function Schedule() {
  const concertId = useNumber('concertId')
  const scheduleId = useNumber('scheduleId')
  if (concertId === undefined || scheduleId === undefined) return <NotFound />
  return <KnownSchedule concertId={concertId} scheduleId={scheduleId} />
}

function KnownSchedule({ concertId, scheduleId }: { concertId: number; scheduleId: number }) {
  const { t, showTime } = useWords()
  const schedule = useQuery(scheduleQuery(concertId, scheduleId, true))
  return (
    <Await isPage query={schedule}>
      {(data) => (
        <>
          <p className={styles['back']}>
            <Link to={`/concerts/${concertId}`}>{t('schedule.allDates')}</Link>
          </p>
          <PageTitle title={data.concertTitle} above={showTime(data.performanceAt, data.timeZone)} />
          <p>{data.venueName}</p>
          <Sale schedule={data} />
          <Prices grades={data.grades} />
          <Draw schedule={data} />
        </>
      )}
    </Await>
  )
}

function Sale({ schedule }: { schedule: ScheduleData }) {
  const { t, showTime } = useWords()
  const queries = useQueryClient()
  const now = useServerNow()
  const phase = salePhase(schedule, now)
  const line = `/concerts/${schedule.concertId}/schedules/${schedule.scheduleId}/line`
  const refresh = () => void queries.invalidateQueries({ queryKey: ['schedule'] })
  if (phase === 'cancelled' || phase === 'closed' || phase === 'over' || phase === 'sold-out') {
    return <Note>{t(`schedule.phase.${phase}`)}</Note>
  }
  const isOpen = phase === 'open'
  return (
    <div className={styles['sale']}>
      {isOpen ? (
        <p>{t('schedule.open')}</p>
      ) : (
        <>
          <p>{t('schedule.opensIn', { at: showTime(schedule.bookingOpenAt, schedule.timeZone) })}</p>
          <p className={styles['countdown']}>
            <TimeLeft until={schedule.bookingOpenAt} onEnd={refresh} />
          </p>
        </>
      )}
      {phase === 'closed-room' ? (
        <p>{t('schedule.roomOpensAt', { at: showTime(schedule.waitingRoomOpenAt, schedule.timeZone) })}</p>
      ) : (
        <>
          {phase === 'room-open' ? <p>{t('schedule.roomOpen')}</p> : null}
          <p>
            <ButtonLink to={line} look="main">
              {isOpen ? t('schedule.join') : t('schedule.joinEarly')}
            </ButtonLink>
          </p>
        </>
      )}
    </div>
  )
}

/** Anybody may check how the order of a line came to be, also when all is sold. */
function Draw({ schedule: { scheduleId, bookingOpenAt } }: { schedule: ScheduleData }) {
  const opensAtMs = Date.parse(bookingOpenAt)
  const isOpen = useServerNow() >= opensAtMs
  return isOpen ? (
    <div className={styles['draw']}>
      <CheckDrawButton draw={{ scheduleId, opensAtMs }} />
    </div>
  ) : null
}

function Prices({ grades }: { grades: ScheduleData['grades'] }) {
  const { t, money, count } = useWords()
  return (
    <table className={styles['prices']}>
      <caption>{t('schedule.prices')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('grade')}</th>
          <th scope="col">{t('price')}</th>
          <th scope="col">{t('schedule.left')}</th>
        </tr>
      </thead>
      <tbody>
        {grades.map(({ grade, price, availableSeats, seatCount }) => (
          <tr key={`${grade} ${price}`}>
            <th scope="row">{grade}</th>
            <td>{money(price)}</td>
            <td>
              {availableSeats === 0
                ? t('soldOut')
                : t('schedule.leftOf', { left: count(availableSeats), all: count(seatCount) })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
