import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from 'react-router'
import { Await } from '../../parts/Await.tsx'
import { ButtonLink } from '../../parts/Button.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { SearchField } from '../../parts/SearchField.tsx'
import { useSearchInAddress } from '../../use-search.ts'
import { useWords } from '../../use-words.ts'
import { Opener } from '../form/Opener.tsx'
import { ConcertForm } from './ConcertForm.tsx'
import { adminConcertsQuery } from './show-queries.ts'
import styles from './Shows.module.css'

/** All concerts, with a search, and where a new one is made. */
export default function Shows() {
  const { t } = useWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  return (
    <>
      <PageTitle title={t('shows.title')} />
      <div className={styles['actions']}>
        <Opener label={t('shows.newConcert')}>
          {(close) => (
            <ConcertForm
              onClose={close}
              onDone={({ concertId }) => {
                void queries.invalidateQueries({ queryKey: ['console', 'concerts'] })
                return navigate(`/console/shows/concerts/${concertId}`)
              }}
            />
          )}
        </Opener>
        <ButtonLink to="/console/shows/venues">{t('shows.venues')}</ButtonLink>
      </div>
      <ConcertList />
    </>
  )
}

function ConcertList() {
  const { t } = useWords()
  const { typed, query, type } = useSearchInAddress()
  const concerts = useInfiniteQuery(adminConcertsQuery(query))
  return (
    <>
      <search className={styles['search']}>
        <SearchField label={t('shows.search')} value={typed} onChange={type} />
      </search>
      <Await query={concerts}>
        {({ pages }) => {
          const found = pages.flatMap(({ items }) => items)
          return (
            <>
              {found.length === 0 ? (
                <p role="status">{query === '' ? t('shows.none') : t('shows.noneFound', { query })}</p>
              ) : null}
              <ul className={styles['list']}>
                {found.map(({ concertId, title, artist }) => (
                  <li key={concertId}>
                    <Link to={`/console/shows/concerts/${concertId}`}>
                      <strong>{title}</strong>
                      <span className={styles['about']}>{artist}</span>
                    </Link>
                  </li>
                ))}
              </ul>
              <MoreButton query={concerts} />
            </>
          )
        }}
      </Await>
    </>
  )
}
