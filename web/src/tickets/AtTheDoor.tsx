import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { Button } from '../parts/Button.tsx'
import type { Ticket } from '../queries.ts'
import { useWords } from '../use-words.ts'
import { doorTickets } from './door-tickets.ts'
import { QrCode } from './QrCode.tsx'
import { useScreenOn } from './use-screen-on.ts'
import styles from './Tickets.module.css'

/** One ticket as large as the screen, and the next one a press away: what a person holds out at the door. */
export function AtTheDoor({
  tickets,
  firstSeatId,
  onClose,
}: {
  tickets: readonly Ticket[]
  firstSeatId: number
  onClose: () => void
}) {
  const { t, moment } = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  // Tickets that were used go while this is open, so that a place in the list would become another ticket's.
  const [seatId, setSeatId] = useState(firstSeatId)
  useScreenOn()
  useEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  const { shown, at, ticket } = doorTickets(tickets, seatId)
  const isGone = ticket === undefined
  const tellClosed = useEffectEvent(onClose)
  useEffect(() => {
    if (isGone) tellClosed()
  }, [isGone])
  if (ticket === undefined) return null
  const show = (step: 1 | -1): void => setSeatId(shown[at + step]?.seat.seatId ?? seatId)
  const { section, row, seatNumber } = ticket.seat
  const where = t('reservation.where', { section, row, number: seatNumber })
  return (
    <dialog ref={dialog} className={styles['door']} aria-label={t('ticket.title')} onClose={onClose}>
      <p className={styles['place']} role="status">
        <strong>{where}</strong>
        {shown.length > 1 ? ` · ${t('ticket.oneOf', { number: at + 1, count: shown.length })}` : ''}
      </p>
      {ticket.checkedInAt === null ? (
        <>
          <QrCode text={ticket.code} label={t('ticket.codeOf', { where })} />
          <p className={styles['hint']}>{t('ticket.bright')}</p>
        </>
      ) : (
        <p className={styles['used']}>{t('ticket.used', { at: moment(ticket.checkedInAt) })}</p>
      )}
      <p className={styles['row']}>
        {at > 0 ? <Button onPress={() => show(-1)}>{t('ticket.before')}</Button> : null}
        {at < shown.length - 1 ? <Button onPress={() => show(1)}>{t('ticket.next')}</Button> : null}
        <Button onPress={() => dialog.current?.close()}>{t('ticket.close')}</Button>
      </p>
    </dialog>
  )
}
