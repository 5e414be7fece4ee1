import { useMemo } from 'react'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import { formatTenths } from '../formats.ts'
import type { WatchedRoom, WatchedSales } from '../queries.ts'
import type { Live } from '../use-live.ts'
import { LivePlot } from './LivePlot.tsx'
import { Panel } from './Panel.tsx'
import { emptySeries, rates } from './series.ts'

/** The last ten minutes, as far as this page saw them: admissions a second, who waits, what is sold. */
export function Plots({ room, sales }: { room: Live<WatchedRoom>; sales: Live<WatchedSales> }) {
  const { t, count, language } = useWords()
  const isOldRoom = room.staleSince !== undefined
  const now = useServerNow() / 1_000
  const admitted = room.data?.admitted ?? emptySeries
  const admissions = useMemo(() => rates(admitted), [admitted])
  return (
    <Panel title={t('console.plot.title')} area="plots">
      <LivePlot
        title={t('console.plot.admissions')}
        series={admissions}
        now={now}
        isOld={isOldRoom}
        write={(value) => formatTenths(value, language)}
      />
      <LivePlot
        title={t('console.plot.waiting')}
        series={room.data?.waiting ?? emptySeries}
        now={now}
        isOld={isOldRoom}
        write={count}
      />
      <LivePlot
        title={t('console.plot.sold')}
        series={sales.data?.sold ?? emptySeries}
        now={now}
        isOld={sales.staleSince !== undefined}
        write={count}
      />
    </Panel>
  )
}
