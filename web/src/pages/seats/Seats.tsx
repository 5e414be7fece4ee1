import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { isRefusal } from '../../api.ts'
import { Await } from '../../parts/Await.tsx'
import { ButtonLink } from '../../parts/Button.tsx'
import { Note } from '../../parts/Note.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { SignedIn } from '../../parts/SignedIn.tsx'
import { TimeLeft } from '../../parts/TimeLeft.tsx'
import { placeQuery, scheduleQuery } from '../../queries.ts'
import type { Schedule } from '../../queries.ts'
import { useRunningPlace } from '../../running/running-store.ts'
import { useNumber } from '../../use-ids.ts'
import { useWords } from '../../use-words.ts'
import { NotFound } from '../NotFound.tsx'
import { BestAvailable } from './BestAvailable.tsx'
import { HoldFailure } from './HoldFailure.tsx'
import { SeatList } from './SeatList.tsx'
import { useHold } from './use-hold.ts'
import styles from './Seats.module.css'

/** Where who was let in chooses seats. */
export default function Seats() {
  const concertId = useNumber('concertId')
  const scheduleId = useNumber('scheduleId')
  if (concertId === undefined || scheduleId === undefined) return <NotFound />
  return <KnownSeats concertId={concertId} scheduleId={scheduleId} />
}

function KnownSeats({ concertId, scheduleId }: { concertId: number; scheduleId: number }) {
  const { t, showTime } = useWords()
  const schedule = useQuery(scheduleQuery(concertId, scheduleId, true))
  return (
    <Await isPage query={schedule}>
      {(data) => (
        <>
          <PageTitle
            title={t('seats.title')}
            above={`${data.concertTitle}, ${showTime(data.performanceAt, data.timeZone)}`}
          />
          <SignedIn why={t('seats.signInFirst')}>
            {(userId) => <Admitted schedule={data} userId={userId} />}
          </SignedIn>
        </>
      )}
    </Await>
  )
}

function Admitted({ schedule, userId }: { schedule: Schedule; userId: string }) {
  const { t } = useWords()
  const { concertId, scheduleId } = schedule
  const [isOver, setIsOver] = useState(false)
  const place = useQuery(placeQuery(scheduleId))
  useRunningPlace(isOver ? undefined : place.data, schedule)
  const hasNone = isRefusal(place.error, 'QUEUE_TOKEN_REQUIRED', 'QUEUE_TOKEN_INVALID')
  if (isOver || hasNone || place.data?.status === 'WAITING') {
    return (
      <Note>
        <p>{place.data?.status === 'WAITING' ? t('seats.stillWaiting') : t('seats.noPlace')}</p>
        <ButtonLink to={`/concerts/${concertId}/schedules/${scheduleId}/line`} look="main">
          {t('seats.toLine')}
        </ButtonLink>
      </Note>
    )
  }
  return (
    <Await query={place}>
      {({ expiresAt }) => (
        <>
          <p>
            {t('seats.timeLeft')}{' '}
            <strong className={styles['left']}>
              <TimeLeft until={expiresAt} onEnd={() => void place.refetch()} />
            </strong>
          </p>
          <Choice schedule={schedule} userId={userId} onPlaceEnded={() => setIsOver(true)} />
        </>
      )}
    </Await>
  )
}

function Choice({
  schedule,
  userId,
  onPlaceEnded,
}: {
  schedule: Schedule
  userId: string
  onPlaceEnded: () => void
}) {
  const { t } = useWords()
  const hold = useHold(userId, schedule.scheduleId)
  const headingId = useId()
  const note = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // The button that was pressed may be a screen further down.
    if (hold.once.error !== null || hold.once.unsettled !== undefined)
      note.current?.scrollIntoView({ block: 'center' })
  }, [hold.once.error, hold.once.unsettled])
  return (
    <>
      <div ref={note}>
        <HoldFailure schedule={schedule} hold={hold} />
      </div>
      <BestAvailable schedule={schedule} hold={hold} />
      <section aria-labelledby={headingId} className={styles['list']}>
        <h2 id={headingId}>{t('seats.chooseYourself')}</h2>
        <SeatList schedule={schedule} hold={hold} onPlaceEnded={onPlaceEnded} />
      </section>
    </>
  )
}
