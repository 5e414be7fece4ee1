import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { concertsQuery } from '../../queries.ts'
import { Await } from '../../parts/Await.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { SearchField } from '../../parts/SearchField.tsx'
import { useSearchInAddress } from '../../use-search.ts'
import { useWords } from '../../use-words.ts'
import styles from './Concerts.module.css'

/** All concerts, with a search that goes along as one types. */
export default function Concerts() {
  const { t } = useWords()
  const { typed, query, type } = useSearchInAddress()
  const concerts = useInfiniteQuery(concertsQuery(query))
  return (
    <>
      <PageTitle title={t('concerts.title')} />
      <search className={styles['search']}>
        <SearchField label={t('concerts.search')} value={typed} onChange={type} />
      </search>
      <Await query={concerts}>
        {({ pages }) => {
          const found = pages.flatMap(({ items }) => items)
          return (
            <>
              <p className="unseen" role="status">
                {query === '' ? '' : t('concerts.found', { count: found.length })}
              </p>
              {found.length === 0 ? (
                <p>{query === '' ? t('concerts.none') : t('concerts.noneFound', { query })}</p>
              ) : null}
              <ul className={styles['list']}>
                {found.map(({ concertId, title, artist, description }) => (
                  <li key={concertId}>
                    <Link to={`/concerts/${concertId}`}>
                      <h2>{title}</h2>
                      {artist === null ? null : <p>{artist}</p>}
                      {description === null ? null : <p className={styles['about']}>{description}</p>}
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
