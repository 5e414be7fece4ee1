import { useId, useState } from 'react'
import { Button } from '../../parts/Button.tsx'
import { Choices } from '../../parts/Choices.tsx'
import type { Schedule } from '../../queries.ts'
import { useWords } from '../../use-words.ts'
import type { Hold } from './use-hold.ts'
import styles from './Seats.module.css'

/** What one person may have of a schedule by default; the API has the last word. */
const QUANTITIES = [1, 2, 3, 4, 5, 6]
const ANY = ''

/** How many, of which grade, and one press: the system picks the best seats side by side. */
export function BestAvailable({ schedule: { grades }, hold }: { schedule: Schedule; hold: Hold }) {
  const { t, money, count } = useWords()
  const headingId = useId()
  const [quantity, setQuantity] = useState(2)
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
        options={QUANTITIES.map((value) => ({ value: String(value), label: count(value) }))}
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
            detail: one.availableSeats === 0 ? t('concert.soldOut') : money(one.price),
            isDisabled: one.availableSeats === 0,
          })),
        ]}
      />
      <p>
        <Button
          look="main"
          isDisabled={hold.once.isPending}
          onPress={() => hold.take({ quantity, ...(grade === ANY ? {} : { grade }) })}
        >
          {hold.once.isPending
            ? t('seats.holding')
            : amount === undefined
              ? t('seats.hold', { count: quantity })
              : t('seats.holdFor', { count: quantity, amount })}
        </Button>
      </p>
      <p className={styles['quiet']}>{t('seats.holdLasts')}</p>
    </section>
  )
}
