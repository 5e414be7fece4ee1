import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { Await } from '../../parts/Await.tsx'
import { ButtonLink } from '../../parts/Button.tsx'
import { classNames } from '../../parts/class-names.ts'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { SignedIn } from '../../parts/SignedIn.tsx'
import { TimeLeft } from '../../parts/TimeLeft.tsx'
import { reservationsQuery } from '../../queries.ts'
import type { Reservation } from '../../queries.ts'
import { LazyTickets } from '../../tickets/LazyTickets.tsx'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import styles from './MyReservations.module.css'

/** What I hold, have, and had. */
export default function MyReservations() {
  const { t } = useWords()
  return (
    <>
      <PageTitle title={t('mine.title')} />
      <SignedIn why={t('mine.signInFirst')}>{() => <List />}</SignedIn>
    </>
  )
}

function List() {
  const { t } = useWords()
  const reservations = useInfiniteQuery(reservationsQuery())
  return (
    <Await query={reservations}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        return items.length === 0 ? (
          <>
            <p>{t('mine.none')}</p>
            <p>
              <ButtonLink to="/" look="main">
                {t('notFound.concerts')}
              </ButtonLink>
            </p>
          </>
        ) : (
          <>
            <ul className={styles['list']}>
              {items.map((reservation) => (
                <Item key={reservation.reservationId} reservation={reservation} />
              ))}
            </ul>
            <MoreButton query={reservations} />
          </>
        )
      }}
    </Await>
  )
}

function Item({ reservation }: { reservation: Reservation }) {
  const { t, money, showTime } = useWords()
  const now = useServerNow()
  const { reservationId, reservationNumber, totalAmount, expiresAt, refund, schedule } = reservation
  // A hold whose time is up is told so at once; the server's word comes with the next answer.
  const isOver = reservation.status === 'HOLD' && Date.parse(expiresAt) <= now
  const status = isOver ? 'EXPIRED' : reservation.status
  const isShowCancelled = schedule?.status === 'CANCELLED'
  return (
    <li>
      <Link to={`/reservations/${reservationId}`}>
        <span className={styles['states']}>
          <span className={classNames(styles['state'], styles[status])}>{t(`mine.${status}`)}</span>
          {isShowCancelled ? (
            <span className={classNames(styles['state'], styles['showCancelled'])}>
              {t('showCancelled.label')}
            </span>
          ) : null}
        </span>
        {schedule === null ? (
          <Seats reservation={reservation} />
        ) : (
          <>
            <strong className={styles['show']}>{schedule.concertTitle}</strong>
            <span>
              {showTime(schedule.performanceAt, schedule.timeZone)} · {schedule.venueName}
            </span>
            <Seats reservation={reservation} />
          </>
        )}
        <span className={styles['about']}>
          {reservationNumber} · {money(totalAmount)}
          {status === 'HOLD' ? (
            <>
              {' · '}
              {t('reservation.HOLD.left')} <TimeLeft until={expiresAt} />
            </>
          ) : null}
          {refund === null ? null : ` · ${t(`refund.${refund.status}`, { amount: money(totalAmount) })}`}
        </span>
      </Link>
      {status === 'CONFIRMED' && !isShowCancelled ? <FoldedTickets reservationId={reservationId} /> : null}
    </li>
  )
}

function Seats({ reservation: { seats } }: { reservation: Reservation }) {
  const { t } = useWords()
  const [first, ...others] = seats
  if (first === undefined) return null
  return (
    <span>
      {t('reservation.where', { section: first.section, row: first.row, number: first.seatNumber })}
      {others.length > 0 ? ` ${t('mine.andMore', { count: others.length })}` : ''}
    </span>
  )
}

/** The codes are asked for when somebody wants to see them. */
function FoldedTickets({ reservationId }: { reservationId: string }) {
  const { t } = useWords()
  const [isOpen, setIsOpen] = useState(false)
  return (
    <details className={styles['tickets']} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>{t('ticket.showAll')}</summary>
      {isOpen ? <LazyTickets reservationId={reservationId} /> : null}
    </details>
  )
}
