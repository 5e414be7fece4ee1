import { useQuery } from '@tanstack/react-query'
import { Loading } from '../../parts/Loading.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { SeatMap } from '../../seat-map/SeatMap.tsx'
import { useSeatMapTexts } from '../../seat-map/use-seat-map-texts.ts'
import { useWords } from '../../use-words.ts'
import { adminSeatLayoutQuery } from '../queries.ts'
import type { SeatStates } from '../queries.ts'
import type { AdminSchedule } from '../shows/show-queries.ts'
import type { Live } from '../use-live.ts'
import { Panel } from './Panel.tsx'
import styles from './SeatsPanel.module.css'

const NONE: ReadonlySet<number> = new Set()
const MARKS = ['held', 'sold', 'blocked'] as const

/** Which seats are free, held, sold and kept back. */
export function SeatsPanel({
  schedule: { concertId, scheduleId },
  live,
}: {
  schedule: AdminSchedule
  live: Live<SeatStates>
}) {
  const { t } = useWords()
  const texts = useSeatMapTexts()
  const layout = useQuery(adminSeatLayoutQuery(concertId, scheduleId, live.data?.version))
  return (
    <Panel title={t('console.seats.title')} area="seats" live={live}>
      {layout.isError ? <RefusalNote error={layout.error} onRetry={() => void layout.refetch()} /> : null}
      {live.data === undefined || layout.data === undefined ? (
        layout.isError || live.error !== null ? null : (
          <Loading />
        )
      ) : (
        <div className={styles['seats']}>
          <SeatMap
            layout={layout.data}
            states={live.data.states}
            chosen={NONE}
            marks={MARKS}
            texts={{ ...texts, map: t('console.seats.map'), hint: t('console.seats.hint') }}
          />
        </div>
      )}
    </Panel>
  )
}
