import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link, useParams } from 'react-router'
import { api, dataOf } from '../../api.ts'
import { Await } from '../../parts/Await.tsx'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { Note } from '../../parts/Note.tsx'
import { HoldAgain } from '../../parts/HoldAgain.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { SignedIn } from '../../parts/SignedIn.tsx'
import { TimeLeft } from '../../parts/TimeLeft.tsx'
import { placeHeader } from '../../place-token.ts'
import { reservationQuery } from '../../queries.ts'
import type { ReservationNow as ReservationData } from '../../queries.ts'
import { noteReservation } from '../../running/running-store.ts'
import { LazyTickets } from '../../tickets/LazyTickets.tsx'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import { NotFound } from '../NotFound.tsx'
import { Cancel } from './Cancel.tsx'
import { Pay, PaymentNote } from './Pay.tsx'
import { SeatTable } from './SeatTable.tsx'
import { shownStatus } from './shown-status.ts'
import { usePayment } from './use-payment.ts'
import styles from './Reservation.module.css'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** One reservation: a hold to pay for, a ticket, or what became of it. */
export default function Reservation() {
  const { t } = useWords()
  const { reservationId = '' } = useParams()
  if (!UUID.test(reservationId)) return <NotFound />
  return (
    <SignedIn why={t('reservation.signInFirst')}>
      {(userId) => <Known key={reservationId} reservationId={reservationId} userId={userId} />}
    </SignedIn>
  )
}

function Known({ reservationId, userId }: { reservationId: string; userId: string }) {
  const query = useQuery(reservationQuery(reservationId))
  return (
    <Await isPage query={query}>
      {(reservation) => <Shown reservation={reservation} userId={userId} />}
    </Await>
  )
}

function Shown({ reservation, userId }: { reservation: ReservationData; userId: string }) {
  const { t, money, showTime } = useWords()
  const now = useServerNow()
  const { status, expiresAt, reservationNumber, schedule, totalAmount } = reservation
  const payment = usePayment(reservation)
  useEffect(() => noteReservation(reservation), [reservation])
  const isPaying = payment.isPending || payment.open !== undefined
  const shown = shownStatus(status, Date.parse(expiresAt) <= now, isPaying)
  const isOff = schedule?.status === 'CANCELLED'
  return (
    <>
      <PageTitle
        title={isOff && shown !== 'CANCELLED' ? t('showCancelled.title') : t(`reservation.${shown}.title`)}
        above={t('reservation.number', { number: reservationNumber })}
      />
      {schedule === null ? null : (
        <p className={styles['show']}>
          <Link to={`/concerts/${schedule.concertId}/schedules/${reservation.scheduleId}`}>
            {schedule.concertTitle}
          </Link>
          , {showTime(schedule.performanceAt, schedule.timeZone)}, {schedule.venueName}
        </p>
      )}
      {isOff && shown !== 'PAYING' && shown !== 'EXPIRED' ? (
        <Note kind="bad">{t(`showCancelled.${shown}`, { amount: money(totalAmount) })}</Note>
      ) : null}
      {shown === 'HOLD' && !isOff ? <HoldTime reservation={reservation} /> : null}
      {shown === 'CONFIRMED' && !isOff ? (
        <>
          <Note kind="good">
            <p>{t('reservation.CONFIRMED.text')}</p>
          </Note>
          <LazyTickets reservationId={reservation.reservationId} />
        </>
      ) : null}
      <SeatTable seats={reservation.seats} totalAmount={reservation.totalAmount} />
      {shown === 'HOLD' && !isOff ? (
        <Pay reservation={reservation} userId={userId} payment={payment} />
      ) : null}
      {shown === 'PAYING' || shown === 'EXPIRED' ? <PaymentNote payment={payment} /> : null}
      {shown === 'EXPIRED' ? <Expired reservation={reservation} /> : null}
      {shown === 'CANCELLED' ? <Cancelled reservation={reservation} /> : null}
      {!isOff && ((shown === 'HOLD' && !isPaying) || shown === 'CONFIRMED') ? (
        <Cancel reservation={reservation} />
      ) : null}
      {shown === 'CONFIRMED' || shown === 'CANCELLED' ? (
        <p className={styles['actions']}>
          <ButtonLink to="/reservations">{t('nav.tickets')}</ButtonLink>
        </p>
      ) : null}
    </>
  )
}

function HoldTime({
  reservation: { reservationId, scheduleId, expiresAt, refreshesLeft },
}: {
  reservation: ReservationData
}) {
  const { t } = useWords()
  const queries = useQueryClient()
  const { queryKey } = reservationQuery(reservationId)
  const refreshing = useMutation({
    mutationFn: async () =>
      dataOf(
        await api.POST('/api/v1/reservations/{reservationId}/refresh', {
          params: { path: { reservationId } },
          ...placeHeader(scheduleId),
        }),
      ),
    onSuccess: (refreshed) => queries.setQueryData(queryKey, refreshed),
    onError: () => void queries.invalidateQueries({ queryKey }),
  })
  return (
    <>
      <div className={styles['time']}>
        <p>
          {t('reservation.HOLD.left')}{' '}
          <strong className={styles['left']}>
            <TimeLeft until={expiresAt} onEnd={() => void queries.invalidateQueries({ queryKey })} />
          </strong>
        </p>
        {refreshesLeft > 0 ? (
          <Button isOnce look="quiet" isDisabled={refreshing.isPending} onPress={() => refreshing.mutate()}>
            {t('reservation.HOLD.refresh', { count: refreshesLeft })}
          </Button>
        ) : null}
      </div>
      {refreshing.isError ? <RefusalNote error={refreshing.error} /> : null}
    </>
  )
}

function Expired({ reservation: { onceReleased } }: { reservation: ReservationData }) {
  const { t } = useWords()
  return (
    <>
      <p>{t('reservation.EXPIRED.text')}</p>
      <HoldAgain at={onceReleased.holdAgainAt} />
      <p className={styles['actions']}>
        <ButtonLink to="/" look="main">
          {t('notFound.concerts')}
        </ButtonLink>
      </p>
    </>
  )
}

function Cancelled({ reservation: { refund, totalAmount, onceReleased } }: { reservation: ReservationData }) {
  const { t, money } = useWords()
  return (
    <>
      <p>{t(`refund.${refund?.status ?? 'NONE'}`, { amount: money(totalAmount) })}</p>
      <HoldAgain at={onceReleased.holdAgainAt} />
    </>
  )
}
