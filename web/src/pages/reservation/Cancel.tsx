import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../api.ts'
import { Button } from '../../parts/Button.tsx'
import { Note } from '../../parts/Note.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { reservationQuery } from '../../queries.ts'
import type { ReservationNow } from '../../queries.ts'
import { useInstallation } from '../../use-installation.ts'
import { useWords } from '../../use-words.ts'
import styles from './Reservation.module.css'

/** Gives the seats up, after a question that says what comes back. */
export function Cancel({ reservation }: { reservation: ReservationNow }) {
  const { t, money, moment } = useWords()
  const seatsMax = useInstallation()?.seatsPerUserMax ?? 0
  const queries = useQueryClient()
  const [isAsking, setIsAsking] = useState(false)
  const [isKept, setIsKept] = useState(false)
  const { reservationId, status, totalAmount, onceReleased } = reservation
  const kind = status === 'CONFIRMED' ? 'CONFIRMED' : 'HOLD'
  const cancelling = useMutation({
    // Cancelling twice is cancelling once, so it may simply be pressed again.
    mutationFn: async () =>
      dataOf(
        await api.POST('/api/v1/reservations/{reservationId}/cancel', {
          params: { path: { reservationId } },
        }),
      ),
    onSettled: () => {
      for (const queryKey of [reservationQuery(reservationId).queryKey, ['reservations'], ['balance']]) {
        void queries.invalidateQueries({ queryKey })
      }
    },
  })
  if (!isAsking) {
    return (
      <p className={styles['cancel']}>
        <Button look="quiet" autoFocus={isKept} onPress={() => setIsAsking(true)}>
          {t(`cancel.${kind}.ask`)}
        </Button>
      </p>
    )
  }
  return (
    <Note>
      <p ref={takeFocus} tabIndex={-1}>
        {t(`cancel.${kind}.text`, { amount: money(totalAmount) })}
      </p>
      {onceReleased.holdAgainAt !== null ? (
        <p>{t('release.wait', { time: moment(onceReleased.holdAgainAt) })}</p>
      ) : onceReleased.releasesLeft <= seatsMax ? (
        <p>{t('release.left', { count: onceReleased.releasesLeft })}</p>
      ) : null}
      {cancelling.isError ? <RefusalNote error={cancelling.error} /> : null}
      <p className={styles['row']}>
        <Button isDisabled={cancelling.isPending} onPress={() => cancelling.mutate()}>
          {t(`cancel.${kind}.yes`)}
        </Button>
        <Button
          look="quiet"
          onPress={() => {
            setIsAsking(false)
            setIsKept(true)
          }}
        >
          {t('cancel.no')}
        </Button>
      </p>
    </Note>
  )
}

/** The question is read out, and no press by mistake gives anything up. */
function takeFocus(question: HTMLElement | null): void {
  question?.focus()
}
