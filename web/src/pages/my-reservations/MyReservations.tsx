import { useInfiniteQuery } from '@tanstack/react-query'
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
  const { t, money, moment } = useWords()
  const { reservationId, reservationNumber, status, seats, totalAmount, reservedAt, expiresAt, refund } =
    reservation
  const [first] = seats
  return (
    <li>
      <Link to={`/reservations/${reservationId}`}>
        <span className={classNames(styles['state'], styles[status])}>{t(`mine.${status}`)}</span>
        <strong>
          {first === undefined
            ? reservationNumber
            : t('reservation.where', { section: first.section, row: first.row, number: first.seatNumber })}
          {seats.length > 1 ? ` ${t('mine.andMore', { count: seats.length - 1 })}` : ''}
        </strong>
        <span className={styles['about']}>
          {reservationNumber} · {moment(reservedAt)} · {money(totalAmount)}
          {status === 'HOLD' ? (
            <>
              {' · '}
              {t('reservation.HOLD.left')} <TimeLeft until={expiresAt} />
            </>
          ) : null}
          {refund === null ? null : ` · ${t(`refund.${refund.status}`, { amount: money(totalAmount) })}`}
        </span>
      </Link>
    </li>
  )
}
