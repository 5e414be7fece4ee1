import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { isRefusal } from '../api.ts'
import { Button } from '../parts/Button.tsx'
import { Loading } from '../parts/Loading.tsx'
import { RefusalNote } from '../parts/RefusalNote.tsx'
import { ticketsQuery } from '../queries.ts'
import type { Ticket } from '../queries.ts'
import { useWords } from '../use-words.ts'
import { AtTheDoor } from './AtTheDoor.tsx'
import { QrCode } from './QrCode.tsx'
import styles from './Tickets.module.css'

/** The tickets of a paid reservation, one a seat. Once they are shown they stay, whatever becomes of the connection. */
export default function Tickets({ reservationId }: { reservationId: string }) {
  const { t } = useWords()
  const query = useQuery(ticketsQuery(reservationId))
  const [shownSeatId, setShownSeatId] = useState<number>()
  // What was cancelled meanwhile has no tickets, also where this page had loaded them.
  const isGone = isRefusal(query.error, 'RESERVATION_NOT_CONFIRMED', 'RESERVATION_NOT_FOUND')
  if (query.data === undefined || isGone) {
    return query.isError ? (
      <RefusalNote error={query.error} onRetry={isGone ? undefined : () => void query.refetch()} />
    ) : (
      <Loading />
    )
  }
  const { tickets } = query.data
  return (
    <>
      {query.isError ? <p className={styles['late']}>{t('ticket.late')}</p> : null}
      <ul className={styles['tickets']}>
        {tickets.map((ticket) => (
          <li key={ticket.seat.seatId}>
            <OneTicket ticket={ticket} onShow={() => setShownSeatId(ticket.seat.seatId)} />
          </li>
        ))}
      </ul>
      {shownSeatId === undefined ? null : (
        <AtTheDoor tickets={tickets} firstSeatId={shownSeatId} onClose={() => setShownSeatId(undefined)} />
      )}
    </>
  )
}

function OneTicket({ ticket, onShow }: { ticket: Ticket; onShow: () => void }) {
  const { t, moment } = useWords()
  const { section, row, seatNumber, grade } = ticket.seat
  const where = t('reservation.where', { section, row, number: seatNumber })
  return (
    <>
      <p>
        <strong>{where}</strong> <small>{grade}</small>
      </p>
      {ticket.checkedInAt === null ? (
        <>
          <QrCode text={ticket.code} label={t('ticket.codeOf', { where })} />
          <Button onPress={onShow}>{t('ticket.show')}</Button>
        </>
      ) : (
        <p className={styles['used']}>{t('ticket.used', { at: moment(ticket.checkedInAt) })}</p>
      )}
    </>
  )
}
