import { useQuery, useQueryClient } from '@tanstack/react-query'
import { NotFound } from '../../pages/NotFound.tsx'
import { Await } from '../../parts/Await.tsx'
import { ButtonLink } from '../../parts/Button.tsx'
import { classNames } from '../../parts/class-names.ts'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { useNumber } from '../../use-ids.ts'
import { useWords } from '../../use-words.ts'
import { Opener } from '../form/Opener.tsx'
import { useMayUse } from '../use-roles.ts'
import { CancelShow } from './CancelShow.tsx'
import { Cancellation } from './Cancellation.tsx'
import { SaleSwitch } from './SaleSwitch.tsx'
import { SeatBlocks } from './SeatBlocks.tsx'
import { dateQuery } from './show-queries.ts'
import type { AdminSchedule, Versioned } from './show-queries.ts'
import { TimesForm } from './TimesForm.tsx'
import styles from './Shows.module.css'

/** One date of a concert: open and close its sale, move its times, keep seats back, cancel it. */
export default function DatePage() {
  const scheduleId = useNumber('scheduleId')
  return scheduleId === undefined ? <NotFound /> : <KnownDate scheduleId={scheduleId} />
}

function KnownDate({ scheduleId }: { scheduleId: number }) {
  const { showTime } = useWords()
  const schedule = useQuery(dateQuery(scheduleId))
  return (
    <Await isPage query={schedule}>
      {(versioned) => {
        const { concertTitle, performanceAt, timeZone, status } = versioned.data
        return (
          <>
            <PageTitle title={concertTitle} above={showTime(performanceAt, timeZone)} />
            <Links schedule={versioned.data} />
            <Facts schedule={versioned.data} />
            {status === 'CANCELLED' ? (
              <Cancellation schedule={versioned.data} />
            ) : (
              <Changes versioned={versioned} />
            )}
          </>
        )
      }}
    </Await>
  )
}

function Links({ schedule: { concertId, scheduleId } }: { schedule: AdminSchedule }) {
  const { t } = useWords()
  const mayUse = useMayUse()
  return (
    <p className={styles['actions']}>
      <ButtonLink to={`/console/on-sales/${scheduleId}`}>{t('datePage.onSale')}</ButtonLink>
      {mayUse(['door']) ? (
        <ButtonLink to={`/console/check-in?schedule=${scheduleId}`}>{t('datePage.checkIn')}</ButtonLink>
      ) : null}
      <ButtonLink to={`/concerts/${concertId}/schedules/${scheduleId}`} look="quiet">
        {t('datePage.fanPage')}
      </ButtonLink>
      <ButtonLink to={`/console/shows/concerts/${concertId}`} look="quiet">
        {t('datePage.otherDates')}
      </ButtonLink>
    </p>
  )
}

function Facts({ schedule }: { schedule: AdminSchedule }) {
  const { t, showTime, count } = useWords()
  const { status, venueName, timeZone, availableSeats, seatCount, noOrphanSeats } = schedule
  const at = (moment: string | null): string =>
    moment === null ? t('datePage.untilShow') : showTime(moment, timeZone)
  return (
    <dl className={styles['facts']}>
      <div>
        <dt>{t('datePage.status')}</dt>
        <dd>
          <span className={classNames(styles['state'], styles[status])}>{t(`showState.${status}`)}</span>
        </dd>
      </div>
      <div>
        <dt>{t('newDate.venue')}</dt>
        <dd>
          {venueName} ({timeZone})
        </dd>
      </div>
      <div>
        <dt>{t('datePage.seats')}</dt>
        <dd>{t('concertPage.seatsLeft', { left: count(availableSeats), all: count(seatCount) })}</dd>
      </div>
      <div>
        <dt>{t('time.bookingOpenAt')}</dt>
        <dd>{at(schedule.bookingOpenAt)}</dd>
      </div>
      <div>
        <dt>{t('time.bookingCloseAt')}</dt>
        <dd>{at(schedule.bookingCloseAt)}</dd>
      </div>
      <div>
        <dt>{t('time.waitingRoomOpenAt')}</dt>
        <dd>{at(schedule.waitingRoomOpenAt)}</dd>
      </div>
      <div>
        <dt>{t('time.refundableUntil')}</dt>
        <dd>{at(schedule.refundableUntil)}</dd>
      </div>
      <div>
        <dt>{t('newDate.noOrphanSeats')}</dt>
        <dd>{noOrphanSeats ? t('datePage.yes') : t('datePage.no')}</dd>
      </div>
    </dl>
  )
}

function Changes({ versioned }: { versioned: Versioned<AdminSchedule> }) {
  const { t } = useWords()
  const queries = useQueryClient()
  const { data: schedule } = versioned
  const reload = () => queries.invalidateQueries({ queryKey: ['console'] })
  const change = { versioned, onReload: () => void reload() }
  return (
    <>
      <SaleSwitch key={versioned.tag} {...change} />
      <div className={styles['changes']}>
        <Opener label={t('times.open')}>{(close) => <TimesForm {...change} onClose={close} />}</Opener>
        <Opener label={t('blocks.open')}>
          {(close) => <SeatBlocks schedule={schedule} onClose={close} />}
        </Opener>
        <Opener label={t('cancelShow.open')}>{(close) => <CancelShow {...change} onClose={close} />}</Opener>
      </div>
    </>
  )
}
