import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Await } from '../../parts/Await.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { Note } from '../../parts/Note.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { useWords } from '../../use-words.ts'
import { Opener } from '../form/Opener.tsx'
import { venuesQuery } from './show-queries.ts'
import type { Venue } from './show-queries.ts'
import { VenueForm } from './VenueForm.tsx'
import styles from './Shows.module.css'

/** All venues, and where a new one is made. */
export default function Venues() {
  const { t } = useWords()
  const queries = useQueryClient()
  const [made, setMade] = useState<Venue>()
  const venues = useInfiniteQuery(venuesQuery())
  return (
    <>
      <PageTitle title={t('venues.title')} />
      <div className={styles['actions']}>
        <Opener label={t('venues.new')}>
          {(close) => (
            <VenueForm
              onClose={close}
              onDone={(venue) => {
                setMade(venue)
                close()
                return queries.invalidateQueries({ queryKey: venuesQuery().queryKey })
              }}
            />
          )}
        </Opener>
      </div>
      {made === undefined ? null : <Note kind="good">{t('venues.made', { name: made.name })}</Note>}
      <Await query={venues}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          return (
            <>
              {items.length === 0 ? <p>{t('venues.none')}</p> : null}
              <ul className={styles['list']}>
                {items.map(({ venueId, name, address, city, timeZone }) => (
                  <li key={venueId} className={styles['item']}>
                    <strong>{name}</strong>
                    <span className={styles['about']}>
                      {[address, city, timeZone].filter((part) => part !== null).join(' · ')}
                    </span>
                  </li>
                ))}
              </ul>
              <MoreButton query={venues} />
            </>
          )
        }}
      </Await>
    </>
  )
}
