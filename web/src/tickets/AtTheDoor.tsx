import { useEffect, useRef, useState } from 'react'
import { Button } from '../parts/Button.tsx'
import type { Ticket } from '../queries.ts'
import { useWords } from '../use-words.ts'
import { QrCode } from './QrCode.tsx'
import { useScreenOn } from './use-screen-on.ts'
import styles from './Tickets.module.css'

/** One ticket as large as the screen, and the next one a press away: what a person holds out at the door. */
export function AtTheDoor({
  tickets,
  first,
  onClose,
}: {
  tickets: readonly Ticket[]
  first: number
  onClose: () => void
}) {
  const { t } = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  const [at, setAt] = useState(first)
  useScreenOn(true)
  useEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  const ticket = tickets[at]
  if (ticket === undefined) return null
  const { section, row, seatNumber } = ticket.seat
  const where = t('reservation.where', { section, row, number: seatNumber })
  return (
    <dialog ref={dialog} className={styles['door']} aria-label={t('ticket.title')} onClose={onClose}>
      <p className={styles['place']} role="status">
        <strong>{where}</strong>
        {tickets.length > 1 ? ` · ${t('ticket.oneOf', { number: at + 1, count: tickets.length })}` : ''}
      </p>
      <QrCode text={ticket.code} label={t('ticket.codeOf', { where })} />
      <p className={styles['hint']}>{t('ticket.bright')}</p>
      <p className={styles['row']}>
        {at > 0 ? <Button onPress={() => setAt(at - 1)}>{t('ticket.before')}</Button> : null}
        {at < tickets.length - 1 ? <Button onPress={() => setAt(at + 1)}>{t('ticket.next')}</Button> : null}
        <Button onPress={() => dialog.current?.close()}>{t('ticket.close')}</Button>
      </p>
    </dialog>
  )
}
