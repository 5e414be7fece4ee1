import { useId, useState } from 'react'
import { Button } from '../../parts/Button.tsx'
import { Choices } from '../../parts/Choices.tsx'
import type { Schedule } from '../../queries.ts'
import { useWords } from '../../use-words.ts'
import type { Hold } from './use-hold.ts'
import { useMySeats } from './use-my-seats.ts'
import styles from './Seats.module.css'

/** So many are offered at a press at most; who needs more, and may have them, points at seats. */
const QUANTITIES_MAX = 10
const ANY = ''

/** How many, of which grade, and one press: the system picks the best seats side by side. */
export function BestAvailable({
  schedule: { scheduleId, grades },
  hold,
}: {
  schedule: Schedule
  hold: Hold
}) {
  const { t, money, count } = useWords()
  const headingId = useId()
  const { seatsMax, limit } = useMySeats(scheduleId)
  const quantities = Array.from({ length: Math.min(seatsMax, QUANTITIES_MAX) }, (_, at) => at + 1)
  const [wanted, setQuantity] = useState(2)
  const quantity = Math.max(1, Math.min(wanted, limit))
  const [grade, setGrade] = useState(ANY)
  const [price, ...otherPrices] = grades.filter((one) => one.grade === grade).map((one) => one.price)
  const amount = price === undefined || otherPrices.length > 0 ? undefined : money(price * quantity)
  return (
    <section aria-labelledby={headingId} className={styles['best']}>
      <h2 id={headingId}>{t('seats.best')}</h2>
      <Choices
        legend={t('seats.quantity')}
        value={String(quantity)}
        onChange={(value) => setQuantity(Number(value))}
        options={quantities.map((value) => ({
          value: String(value),
          label: count(value),
          isDisabled: value > limit,
        }))}
      />
      <Choices
        legend={t('grade')}
        value={grade}
        onChange={setGrade}
        options={[
          { value: ANY, label: t('seats.anyGrade') },
          ...grades.map((one) => ({
            value: one.grade,
            label: one.grade,
            detail: one.availableSeats === 0 ? t('soldOut') : money(one.price),
            isDisabled: one.availableSeats === 0,
          })),
        ]}
      />
      <p>
        <Button
          look="main"
          isDisabled={hold.once.isPending || limit === 0}
          onPress={() => hold.take({ quantity, ...(grade === ANY ? {} : { grade }) })}
        >
          {hold.once.isPending
            ? t('seats.holding')
            : amount === undefined
              ? t('seats.hold', { count: quantity })
              : t('seats.holdFor', { count: quantity, amount })}
        </Button>
      </p>
      <p className={styles['quiet']}>{limit === 0 ? t('seatMap.noneLeft') : t('seats.holdLasts')}</p>
    </section>
  )
}
