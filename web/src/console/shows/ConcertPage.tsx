import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from 'react-router'
import { NotFound } from '../../pages/NotFound.tsx'
import { Await } from '../../parts/Await.tsx'
import { ButtonLink } from '../../parts/Button.tsx'
import { classNames } from '../../parts/class-names.ts'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { useNumber } from '../../use-ids.ts'
import { useWords } from '../../use-words.ts'
import { Opener } from '../form/Opener.tsx'
import { ConcertForm } from './ConcertForm.tsx'
import { adminConcertQuery, datesQuery } from './show-queries.ts'
import styles from './Shows.module.css'

/** One concert: its name to change, and its dates. */
export default function ConcertPage() {
  const concertId = useNumber('concertId')
  return concertId === undefined ? <NotFound /> : <KnownConcert concertId={concertId} />
}

function KnownConcert({ concertId }: { concertId: number }) {
  const { t } = useWords()
  const queries = useQueryClient()
  const concert = useQuery(adminConcertQuery(concertId))
  const reload = () => queries.invalidateQueries({ queryKey: ['console'] })
  return (
    <Await isPage query={concert}>
      {(versioned) => (
        <>
          <PageTitle title={versioned.data.title} above={versioned.data.artist ?? ''} />
          {versioned.data.description === null ? null : <p>{versioned.data.description}</p>}
          <div className={styles['actions']}>
            <ButtonLink to={`/console/shows/concerts/${concertId}/new`} look="main">
              {t('concertPage.newDate')}
            </ButtonLink>
            <Opener label={t('concertPage.change')}>
              {(close) => (
                <ConcertForm
                  known={versioned}
                  onClose={close}
                  onDone={() => {
                    close()
                    return reload()
                  }}
                  onReload={() => {
                    close()
                    void reload()
                  }}
                />
              )}
            </Opener>
          </div>
          <Dates concertId={concertId} />
        </>
      )}
    </Await>
  )
}

function Dates({ concertId }: { concertId: number }) {
  const { t, showTime, count } = useWords()
  const schedules = useInfiniteQuery(datesQuery(concertId))
  return (
    <section aria-label={t('concertPage.dates')} className={styles['section']}>
      <h2>{t('concertPage.dates')}</h2>
      <Await query={schedules}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          return (
            <>
              {items.length === 0 ? <p>{t('concertPage.noDates')}</p> : null}
              <ul className={styles['list']}>
                {items.map(
                  ({ scheduleId, performanceAt, timeZone, venueName, status, availableSeats, seatCount }) => (
                    <li key={scheduleId}>
                      <Link to={`/console/shows/dates/${scheduleId}`}>
                        <strong>{showTime(performanceAt, timeZone)}</strong>
                        <span>{venueName}</span>
                        <span className={classNames(styles['state'], styles[status])}>
                          {t(`showState.${status}`)}
                        </span>
                        <span className={styles['about']}>
                          {t('concertPage.seatsLeft', { left: count(availableSeats), all: count(seatCount) })}
                        </span>
                      </Link>
                    </li>
                  ),
                )}
              </ul>
              <MoreButton query={schedules} />
            </>
          )
        }}
      </Await>
    </section>
  )
}
