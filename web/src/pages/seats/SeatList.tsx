import { useQuery } from '@tanstack/react-query'
import { memo, useMemo, useState } from 'react'
import { Await } from '../../parts/Await.tsx'
import { Button } from '../../parts/Button.tsx'
import type { Schedule } from '../../queries.ts'
import { useWords } from '../../use-words.ts'
import { groupSeats } from './group-seats.ts'
import type { SectionOfSeats } from './group-seats.ts'
import { seatsQuery } from './seats-query.ts'
import type { Seat } from './seats-query.ts'
import type { Hold } from './use-hold.ts'
import { useSeatChanges } from './use-seat-changes.ts'
import styles from './SeatList.module.css'

const SEATS_MAX = 6

/** All seats by section, row and number: the way to choose that needs no picture. */
export function SeatList({
  schedule: { concertId, scheduleId },
  hold,
  onPlaceEnded,
}: {
  schedule: Schedule
  hold: Hold
  onPlaceEnded: () => void
}) {
  const map = useQuery(seatsQuery(concertId, scheduleId))
  useSeatChanges(concertId, scheduleId, onPlaceEnded)
  return <Await query={map}>{({ seats }) => <Sections seats={seats} hold={hold} />}</Await>
}

function Sections({ seats, hold }: { seats: readonly Seat[]; hold: Hold }) {
  const { t, money } = useWords()
  const [chosenIds, setChosenIds] = useState<ReadonlySet<number>>(new Set())
  const sections = useMemo(() => groupSeats(seats), [seats])
  // A seat that somebody else took is no longer chosen, and its box says that it is gone.
  const chosen = seats.filter(({ seatId, status }) => chosenIds.has(seatId) && status === 'AVAILABLE')
  const total = chosen.reduce((sum, { price }) => sum + price, 0)
  const toggle = (seatId: number): void =>
    setChosenIds((ids) => {
      const next = new Set(ids)
      if (!next.delete(seatId)) next.add(seatId)
      return next
    })
  return (
    <>
      {sections.map((section) => (
        <Section
          key={section.section}
          section={section}
          chosenIds={chosenIds}
          isFull={chosen.length >= SEATS_MAX}
          onToggle={toggle}
        />
      ))}
      <div className={styles['chosen']}>
        <p role="status">
          {chosen.length === 0
            ? t('seats.noneChosen')
            : t('seats.chosen', { count: chosen.length, amount: money(total) })}
        </p>
        {chosen.length === 0 ? null : (
          <Button
            look="main"
            isDisabled={hold.isPending}
            onPress={() => hold.take({ seatIds: chosen.map(({ seatId }) => seatId), totalAmount: total })}
          >
            {hold.isPending ? t('seats.holding') : t('seats.hold', { count: chosen.length })}
          </Button>
        )}
      </div>
    </>
  )
}

interface SectionProps {
  section: SectionOfSeats
  chosenIds: ReadonlySet<number>
  isFull: boolean
  onToggle: (seatId: number) => void
}

function Section({ section: { section, grades, free, rows }, chosenIds, isFull, onToggle }: SectionProps) {
  const { t, money } = useWords()
  const [isShown, setIsShown] = useState(false)
  const prices = grades.map(({ grade, price }) => `${grade} ${money(price)}`).join(', ')
  return (
    <details className={styles['section']} onToggle={({ currentTarget }) => setIsShown(currentTarget.open)}>
      <summary>
        <strong>{t('seats.section', { section })}</strong> {prices}
        <span className={styles['free']}>{t('seats.free', { count: free })}</span>
      </summary>
      {isShown
        ? rows.map(({ row, free: freeInRow, seats }) => (
            <fieldset key={row} className={styles['row']}>
              <legend>
                {t('seats.row', { row })} <small>{t('seats.free', { count: freeInRow })}</small>
              </legend>
              <div className={styles['seats']}>
                {seats.map((seat) => (
                  <SeatBox
                    key={seat.seatId}
                    seat={seat}
                    isChosen={chosenIds.has(seat.seatId) && seat.status === 'AVAILABLE'}
                    isFull={isFull}
                    onToggle={onToggle}
                  />
                ))}
              </div>
            </fieldset>
          ))
        : null}
    </details>
  )
}

interface SeatBoxProps {
  seat: Seat
  isChosen: boolean
  isFull: boolean
  onToggle: (seatId: number) => void
}

const SeatBox = memo(function SeatBox({ seat, isChosen, isFull, onToggle }: SeatBoxProps) {
  const { t } = useWords()
  const { seatId, seatNumber, status } = seat
  const isFree = status === 'AVAILABLE'
  return (
    <label className={styles['seat']}>
      <input
        type="checkbox"
        checked={isChosen}
        disabled={!isFree || (isFull && !isChosen)}
        onChange={() => onToggle(seatId)}
        aria-label={
          isFree ? t('seats.seat', { number: seatNumber }) : t('seats.seatGone', { number: seatNumber })
        }
      />
      <span aria-hidden="true">{seatNumber}</span>
    </label>
  )
})
