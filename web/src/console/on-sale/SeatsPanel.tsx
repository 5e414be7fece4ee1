import { useQuery } from '@tanstack/react-query'
import { Loading } from '../../parts/Loading.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import type { Mark } from '../../seat-map/seat-marks.ts'
import type { SeatMapTexts } from '../../seat-map/seat-map-texts.ts'
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
const MARKS = ['sold', 'held', 'blocked'] as const

/** Which seats are free, held, sold and kept back. */
export function SeatsPanel({
  schedule: { concertId, scheduleId },
  live,
}: {
  schedule: AdminSchedule
  live: Live<SeatStates>
}) {
  const { t } = useWords()
  const texts = useOperatorTexts()
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
            isOperators
            marks={MARKS}
            texts={texts}
          />
        </div>
      )}
    </Panel>
  )
}

/** The map says plainly what became of a seat, where a fan's says whether it can be had. */
function useOperatorTexts(): SeatMapTexts {
  const { t } = useWords()
  const word = (mark: Mark): string =>
    mark === 'sold' || mark === 'held' ? t(`console.seats.mark.${mark}`) : t(`seatMap.state.${mark}`)
  const texts = useSeatMapTexts(word)
  return {
    ...texts,
    map: t('console.seats.map'),
    hint: t('console.seats.hint'),
    mark: { ...texts.mark, sold: word('sold'), held: word('held') },
  }
}
