import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { Await } from '../../parts/Await.tsx'
import { Choices } from '../../parts/Choices.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { SearchField } from '../../parts/SearchField.tsx'
import { useServerNow } from '../../use-server-now.ts'
import { useSearch } from '../../use-search.ts'
import { useWords } from '../../use-words.ts'
import { adminSchedulesQuery } from '../queries.ts'
import { hidesOpenings, inOrderOfAttention } from './order.ts'
import { useMorePages } from '../use-more-pages.ts'
import { Row } from './Row.tsx'
import styles from './OnSales.module.css'

const STATUSES = ['ON_SALE', 'CLOSED', 'CANCELLED'] as const

/** All on-sales: what sells now and what opens next first, with who waits and what is sold. */
export default function OnSales() {
  const { t } = useWords()
  const [params, setParams] = useSearchParams()
  const typed = params.get('query') ?? ''
  const status = STATUSES.find((known) => known === params.get('status')) ?? 'ON_SALE'
  const query = useSearch(typed)
  const schedules = useInfiniteQuery({
    ...adminSchedulesQuery(status, query),
    refetchInterval: REFRESH_EVERY_MS,
  })
  const now = useServerNow()
  const listed = schedules.data?.pages.flatMap(({ items }) => items) ?? []
  useMorePages(schedules, status === 'ON_SALE' && hidesOpenings(listed, now))
  const show = (name: string, value: string): void => {
    const next = new URLSearchParams(params)
    if (value === '') next.delete(name)
    else next.set(name, value)
    setParams(next, { replace: true })
  }
  return (
    <div className={styles['page']}>
      <PageTitle title={t('console.nav.onSales')} />
      <search className={styles['search']}>
        <SearchField
          label={t('console.onSales.search')}
          value={typed}
          onChange={(text) => show('query', text)}
        />
        <Choices
          legend={t('console.onSales.status')}
          value={status}
          onChange={(value) => show('status', value)}
          options={STATUSES.map((value) => ({ value, label: t(`console.onSales.${value}`) }))}
        />
      </search>
      <Await query={schedules}>
        {() => {
          const found = inOrderOfAttention(listed, now)
          return (
            <>
              <p role="status" className={found.length === 0 ? undefined : 'unseen'}>
                {found.length === 0
                  ? t(query === '' ? 'console.onSales.none' : 'console.onSales.noneFound', { query })
                  : t('console.onSales.found', { count: found.length })}
              </p>
              <ul className={styles['list']}>
                {found.map((schedule) => (
                  <Row key={schedule.scheduleId} schedule={schedule} />
                ))}
              </ul>
              <MoreButton query={schedules} />
            </>
          )
        }}
      </Await>
    </div>
  )
}

const REFRESH_EVERY_MS = 30_000
