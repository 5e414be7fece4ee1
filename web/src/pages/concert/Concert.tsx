import { useQuery } from '@tanstack/react-query'
import { concertQuery } from '../../queries.ts'
import { Await } from '../../parts/Await.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { useNumber } from '../../use-ids.ts'
import { useWords } from '../../use-words.ts'
import { NotFound } from '../NotFound.tsx'
import styles from './Concert.module.css'
import { Dates } from './Dates.tsx'

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
