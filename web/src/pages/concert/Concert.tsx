import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { concertQuery, schedulesQuery } from '../../queries.ts'
import { Await } from '../../parts/Await.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { useNumber } from '../../use-ids.ts'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import { NotFound } from '../NotFound.tsx'
import styles from './Concert.module.css'

const DAY_MS = 86_400_000

/** One concert and its dates. */
export default function Concert() {
  const concertId = useNumber('concertId')
  return concertId === undefined ? <NotFound /> : <KnownConcert concertId={concertId} />
}

function KnownConcert({ concertId }: { concertId: number }) {
  const { t } = useWords()
  const concert = useQuery(concertQuery(concertId))
  return (
    <Await isPage query={concert}>
      {({ title, artist, description }) => (
        <>
          <PageTitle title={title} {...(artist === null ? {} : { above: artist })} />
          {description === null ? null : <p className={styles['about']}>{description}</p>}
          <h2 className={styles['heading']}>{t('concert.dates')}</h2>
          <Dates concertId={concertId} />
        </>
      )}
    </Await>
  )
}

function Dates({ concertId }: { concertId: number }) {
  const { t, count, localDay, localTime, moment } = useWords()
  const now = useServerNow()
  const schedules = useQuery(schedulesQuery(concertId))
  return (
    <Await query={schedules}>
      {(dates) =>
        dates.length === 0 ? (
          <p>{t('concert.noDates')}</p>
        ) : (
          <ul className={styles['dates']}>
            {dates.map((date) => (
              <li key={date.scheduleId}>
                <Link to={`/concerts/${concertId}/schedules/${date.scheduleId}`}>
                  <span>
                    <strong>{localDay(date.performanceDate)}</strong> {localTime(date.performanceTime)}
                  </span>
                  <span className={styles['where']}>{date.venueName}</span>
                  <span className={styles['left']}>
                    {Date.parse(date.bookingOpenAt) > now + DAY_MS
                      ? t('concert.opensOn', { at: moment(date.bookingOpenAt) })
                      : Date.parse(date.bookingOpenAt) > now
                        ? t('concert.opensLater')
                        : date.availableSeats === 0
                          ? t('concert.soldOut')
                          : t('concert.seatsLeft', {
                              count: date.availableSeats,
                              seats: count(date.availableSeats),
                            })}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        )
      }
    </Await>
  )
}
