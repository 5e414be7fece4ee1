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
import { useMayUse } from '../use-roles.ts'
import type { Needed } from '../use-roles.ts'
import { AuditPanel } from './AuditPanel.tsx'
import { Figures } from './Figures.tsx'
import { OnlyFor } from './OnlyFor.tsx'
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
const ROOM_EVERY_MS = 1_000
const SEATS_EVERY_MS = 2_000
const MONEY_EVERY_MS = 2_000

const STEERERS: Needed = ['operator']
const ACCOUNTANTS: Needed = ['finance']

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
  const mayUse = useMayUse()
  const [maySteer, mayCount] = [mayUse(STEERERS), mayUse(ACCOUNTANTS)]
  const room = useLive(roomQuery(scheduleId), ROOM_EVERY_MS, maySteer)
  const sales = useLive(salesQuery(scheduleId))
  const seats = useLive(adminSeatStatesQuery(scheduleId), SEATS_EVERY_MS, maySteer)
  const money = useLive(moneyQuery(scheduleId), MONEY_EVERY_MS, mayCount)
  return (
    <div className={styles['page']}>
      <div className={styles['head']}>
        <PageTitle title={concertTitle} />
        <p>
          {venueName} · {showTime(performanceAt, timeZone)}
        </p>
        <PhaseLine schedule={schedule} />
        {maySteer ? <Link to={`/console/shows/dates/${scheduleId}`}>{t('console.manage')}</Link> : null}
      </div>
      <Figures room={room} sales={sales} seats={seats} seatCount={seatCount} />
      <div className={styles['panels']}>
        <OnlyFor needed={STEERERS} title={t('console.steer.title')} area="steer">
          <SteeringPanel scheduleId={scheduleId} live={room} />
        </OnlyFor>
        <OnlyFor needed={STEERERS} title={t('console.plot.title')} area="plots">
          <Plots room={room} sales={sales} />
        </OnlyFor>
        <OnlyFor needed={STEERERS} title={t('console.seats.title')} area="seats">
          <SeatsPanel schedule={schedule} live={seats} />
        </OnlyFor>
        <OnlyFor needed={ACCOUNTANTS} title={t('console.money.title')} area="money">
          <MoneyPanel live={money} />
        </OnlyFor>
        <OnlyFor needed={ACCOUNTANTS} title={t('console.audit.title')} area="audit">
          <AuditPanel />
        </OnlyFor>
      </div>
    </div>
  )
}
