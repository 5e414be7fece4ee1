import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { Await } from '../../parts/Await.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { SearchField } from '../../parts/SearchField.tsx'
import { useSearch } from '../../use-search.ts'
import { useWords } from '../../use-words.ts'
import { dateQuery } from '../shows/show-queries.ts'
import { useMorePages } from '../use-more-pages.ts'
import { Door } from './Door.tsx'
import { doorShowsQuery } from './door-queries.ts'
import listStyles from '../shows/Shows.module.css'
import styles from './CheckIn.module.css'

/** Where tickets are checked: first the show of the door, then ticket after ticket. */
export default function CheckIn() {
  const [params] = useSearchParams()
  const chosen = params.get('schedule') ?? ''
  return /^[1-9]\d{0,14}$/.test(chosen) ? <AtDoor scheduleId={Number(chosen)} /> : <ChooseShow />
}

function AtDoor({ scheduleId }: { scheduleId: number }) {
  const { t, showTime } = useWords()
  const schedule = useQuery(dateQuery(scheduleId))
  return (
    <Await isPage query={schedule}>
      {({ data: { concertTitle, performanceAt, timeZone, venueName, status } }) => (
        <>
          <PageTitle
            title={concertTitle}
            windowTitle={`${t('door.title')}: ${concertTitle}`}
            above={`${showTime(performanceAt, timeZone)}, ${venueName}`}
          />
          {status === 'CANCELLED' ? <p className={styles['cancelled']}>{t('door.showCancelled')}</p> : null}
          <Door key={scheduleId} scheduleId={scheduleId} timeZone={timeZone} />
          <p className={styles['other']}>
            <Link to="/console/check-in">{t('door.otherShow')}</Link>
          </p>
        </>
      )}
    </Await>
  )
}

function ChooseShow() {
  const { t, showTime } = useWords()
  const [typed, setTyped] = useState('')
  const query = useSearch(typed)
  const shows = useInfiniteQuery(doorShowsQuery(query))
  useMorePages(shows, true)
  return (
    <>
      <PageTitle title={t('door.title')} />
      <p>{t('door.choose')}</p>
      <search className={listStyles['search']}>
        <SearchField label={t('door.search')} value={typed} onChange={setTyped} />
      </search>
      <Await query={shows}>
        {({ pages }) => {
          const items = pages
            .flatMap((page) => page.items)
            .toSorted((a, b) => nearness(a.performanceAt) - nearness(b.performanceAt))
          return (
            <>
              {items.length === 0 ? <p role="status">{t('door.noShows')}</p> : null}
              <ul className={listStyles['list']}>
                {items.map(({ scheduleId, concertTitle, performanceAt, timeZone, venueName }) => (
                  <li key={scheduleId}>
                    <Link to={`/console/check-in?schedule=${scheduleId}`}>
                      <strong>{concertTitle}</strong>
                      <span>{showTime(performanceAt, timeZone)}</span>
                      <span className={listStyles['about']}>{venueName}</span>
                    </Link>
                  </li>
                ))}
              </ul>
              <MoreButton query={shows} />
            </>
          )
        }}
      </Await>
    </>
  )
}

/** A door is opened for the show of now, so what is nearest in time stands on top. */
function nearness(performanceAt: string): number {
  return Math.abs(Date.parse(performanceAt) - Date.now())
}
