import { memo, useDeferredValue, useId, useMemo, useState } from 'react'
import { Button } from '../../parts/Button.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Note } from '../../parts/Note.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import type { Schedule } from '../../queries.ts'
import { withStatuses } from '../../seat-map/live-states.ts'
import type { Seat } from '../../seat-map/live-states.ts'
import { SeatMap } from '../../seat-map/SeatMap.tsx'
import { useSeatMapTexts } from '../../seat-map/use-seat-map-texts.ts'
import { useSeatStates } from '../../seat-map/use-seat-states.ts'
import type { SeatStates } from '../../seat-map/use-seat-states.ts'
import { useWords } from '../../use-words.ts'
import { groupSeats } from './group-seats.ts'
import type { SectionOfSeats } from './group-seats.ts'
import type { Hold } from './use-hold.ts'
import { useMySeats } from './use-my-seats.ts'
import styles from './SeatList.module.css'

/** All seats as a picture, and by section, row and number: the way to choose that needs no picture. */
export function SeatList({
  schedule: { concertId, scheduleId },
  hold,
  onPlaceEnded,
}: {
  schedule: Schedule
  hold: Hold
  onPlaceEnded: () => void
}) {
  const { t } = useWords()
  const { data, isLate, error, retry } = useSeatStates(concertId, scheduleId, onPlaceEnded)
  const { mine, limit } = useMySeats(scheduleId)
  const failure = error === null ? null : <RefusalNote error={error} onRetry={retry} />
  if (data === undefined) return failure ?? <Loading />
  return (
    <>
      {failure}
      {isLate ? <Note>{t('seatMap.late')}</Note> : null}
      <Sections seats={data} mine={mine} limit={limit} hold={hold} />
    </>
  )
}

function Sections({
  seats: { layout, states },
  mine,
  limit,
  hold,
}: {
  seats: SeatStates
  mine: ReadonlySet<number>
  limit: number
  hold: Hold
}) {
  const { t, money } = useWords()
  const listId = useId()
  const texts = useSeatMapTexts()
  const [chosenIds, setChosenIds] = useState<ReadonlySet<number>>(new Set())
  // Changes come in bursts; the picture shows each, and the list follows when there is time.
  const listed = useDeferredValue(states)
  const sections = useMemo(() => groupSeats(withStatuses(layout, listed)), [layout, listed])
  // A seat that somebody else took is no longer chosen, and its box says that it is gone.
  const chosen = layout.filter(({ seatId }, at) => chosenIds.has(seatId) && states[at] === 'A')
  const total = chosen.reduce((sum, { price }) => sum + price, 0)
  const toggle = (seatId: number): void =>
    setChosenIds((ids) => {
      const next = new Set(ids)
      if (!next.delete(seatId)) next.add(seatId)
      return next
    })
  return (
    <>
      <SeatMap
        layout={layout}
        states={states}
        chosen={chosenIds}
        mine={mine}
        limit={limit}
        onToggle={toggle}
        texts={texts}
        describedBy={listId}
      />
      <p id={listId} className={styles['listed']}>
        {t('seatMap.listed')}
      </p>
      {sections.map((section) => (
        <Section
          key={section.section}
          section={section}
          chosenIds={chosenIds}
          isFull={chosen.length >= limit}
          onToggle={toggle}
        />
      ))}
      <div className={chosen.length === 0 ? styles['none'] : styles['chosen']}>
        <p role="status">
          {chosen.length === 0
            ? t('seats.noneChosen')
            : t('seats.chosen', { count: chosen.length, amount: money(total) })}
        </p>
        {chosen.length === 0 ? null : (
          <Button
            look="main"
            isDisabled={hold.once.isPending}
            onPress={() => hold.take({ seatIds: chosen.map(({ seatId }) => seatId), totalAmount: total })}
          >
            {hold.once.isPending ? t('seats.holding') : t('seats.hold', { count: chosen.length })}
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
