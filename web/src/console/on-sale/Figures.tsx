import type { ReactNode } from 'react'
import { classNames } from '../../parts/class-names.ts'
import { useWords } from '../../use-words.ts'
import type { SeatStates, WatchedRoom, WatchedSales } from '../queries.ts'
import type { Live } from '../use-live.ts'
import styles from './Figures.module.css'

/** The numbers of now in one row: who waits, who is in, and what became of the seats. */
export function Figures({
  room: { data: watchedRoom, staleSince: roomStaleSince },
  sales: { data: watchedSales, staleSince: salesStaleSince },
  seats: { data: seats, staleSince: seatsStaleSince },
  seatCount,
}: {
  room: Live<WatchedRoom>
  sales: Live<WatchedSales>
  seats: Live<SeatStates>
  seatCount: number
}) {
  const { t, count } = useWords()
  const room = watchedRoom?.room
  const sales = watchedSales?.sales
  const isOldRoom = roomStaleSince !== undefined
  const isOldSales = salesStaleSince !== undefined
  const refused = sales === undefined ? undefined : sum(Object.values(sales.refused))
  const left = seats === undefined ? undefined : countOf(seats.states, 'A')
  const keptBack = seats === undefined ? 0 : countOf(seats.states, 'B')
  const share = sales === undefined ? undefined : Math.floor((sales.soldSeats / seatCount) * 100)
  return (
    <dl className={styles['figures']}>
      <Figure name={t('console.figure.waiting')} value={room?.waiting} isOld={isOldRoom} />
      <Figure name={t('console.figure.in')} value={room?.active} isOld={isOldRoom}>
        {room === undefined
          ? undefined
          : room.maxActive === null
            ? t('console.figure.noLimit')
            : t('console.figure.of', { all: count(room.maxActive) })}
      </Figure>
      <Figure name={t('console.figure.held')} value={sales?.heldSeats} isOld={isOldSales}>
        {sales === undefined ? undefined : t('console.figure.holds', { count: sales.holds })}
      </Figure>
      <Figure name={t('console.figure.sold')} value={sales?.soldSeats} isOld={isOldSales}>
        {share === undefined ? undefined : t('console.figure.share', { share })}
      </Figure>
      <Figure name={t('console.figure.refused')} value={refused} isOld={isOldSales}>
        {sales === undefined ? undefined : <Reasons refused={sales.refused} />}
      </Figure>
      <Figure name={t('console.figure.left')} value={left} isOld={seatsStaleSince !== undefined}>
        {t('console.figure.of', { all: count(seatCount) })}
        {keptBack === 0 ? '' : `, ${t('console.figure.keptBack', { count: keptBack })}`}
      </Figure>
    </dl>
  )
}

function Figure({
  name,
  value,
  isOld,
  children,
}: {
  name: string
  value: number | undefined
  isOld: boolean
  children?: ReactNode
}) {
  const { count } = useWords()
  return (
    <div className={classNames(styles['figure'], isOld ? styles['old'] : undefined)}>
      <dt>{name}</dt>
      <dd>
        <strong>{value === undefined ? '–' : count(value)}</strong>
        <small>{children}</small>
      </dd>
    </div>
  )
}

const TOLD = [
  'SEAT_TAKEN',
  'SEAT_LIMIT_EXCEEDED',
  'RELEASE_LIMIT_EXCEEDED',
  'PRICE_CHANGED',
  'ORPHAN_SEAT',
  'BOOKING_NOT_OPEN',
  'SEAT_NOT_FOUND',
] as const

/** Why holds are refused: the reason that came most often, and the others on pointing at it or to a screen reader. */
function Reasons({ refused }: { refused: Readonly<Record<string, number>> }) {
  const { t, count } = useWords()
  const reasons = Object.entries(refused)
    .toSorted(([, one], [, other]) => other - one)
    .map(([code, times]) => {
      const told = TOLD.find((known) => known === code)
      return told === undefined
        ? `${code}: ${count(times)}`
        : t(`console.refused.${told}`, { times: count(times) })
    })
  const [first, ...others] = reasons
  if (first === undefined) return t('console.figure.noneRefused')
  return (
    <span title={reasons.join('\n')}>
      {first}
      <span className="unseen">{others.join(', ')}</span>
    </span>
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** How many seats have that letter in the API's compact states. */
function countOf(states: string, letter: string): number {
  return states.split(letter).length - 1
}
