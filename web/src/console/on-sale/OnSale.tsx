import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { Await } from '../../parts/Await.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { NotFound } from '../../pages/NotFound.tsx'
import { useNumber } from '../../use-ids.ts'
import { useWords } from '../../use-words.ts'
import { adminSeatStatesQuery, moneyQuery, roomQuery, salesQuery } from '../queries.ts'
import { dateQuery } from '../shows/show-queries.ts'
import type { AdminSchedule } from '../shows/show-queries.ts'
import { PhaseLine } from '../PhaseLine.tsx'
import { useLive } from '../use-live.ts'
import { AuditPanel } from './AuditPanel.tsx'
import { Figures } from './Figures.tsx'
import { MoneyPanel } from './MoneyPanel.tsx'
import { Plots } from './Plots.tsx'
import { SeatsPanel } from './SeatsPanel.tsx'
import { SteeringPanel } from './SteeringPanel.tsx'
import styles from './OnSale.module.css'

/** One on-sale while it runs: what a person needs at 10:00:00, on one screen of 1280 x 800. */
export default function OnSale() {
  const scheduleId = useNumber('scheduleId')
  return scheduleId === undefined ? <NotFound /> : <Known scheduleId={scheduleId} />
}

/** What is looked at less often than the line. */
const SEATS_EVERY_MS = 2_000
const MONEY_EVERY_MS = 2_000

function Known({ scheduleId }: { scheduleId: number }) {
  const schedule = useQuery(dateQuery(scheduleId))
  return (
    <Await isPage query={schedule}>
      {({ data }) => <Watched key={scheduleId} schedule={data} />}
    </Await>
  )
}

function Watched({ schedule }: { schedule: AdminSchedule }) {
  const { t, showTime } = useWords()
  const { scheduleId, concertTitle, venueName, performanceAt, timeZone, seatCount } = schedule
  const room = useLive(roomQuery(scheduleId))
  const sales = useLive(salesQuery(scheduleId))
  const seats = useLive(adminSeatStatesQuery(scheduleId), SEATS_EVERY_MS)
  const money = useLive(moneyQuery(scheduleId), MONEY_EVERY_MS)
  return (
    <div className={styles['page']}>
      <div className={styles['head']}>
        <PageTitle title={concertTitle} />
        <p>
          {venueName} · {showTime(performanceAt, timeZone)}
        </p>
        <PhaseLine schedule={schedule} />
        <Link to={`/console/shows/dates/${scheduleId}`}>{t('console.manage')}</Link>
      </div>
      <Figures room={room} sales={sales} seats={seats} seatCount={seatCount} />
      <div className={styles['panels']}>
        <SteeringPanel scheduleId={scheduleId} live={room} />
        <Plots room={room} sales={sales} />
        <SeatsPanel schedule={schedule} live={seats} />
        <MoneyPanel live={money} />
        <AuditPanel />
      </div>
    </div>
  )
}
