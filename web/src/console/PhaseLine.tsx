import { salePhase } from '../pages/schedule/sale-phase.ts'
import { classNames } from '../parts/class-names.ts'
import { TimeLeft } from '../parts/TimeLeft.tsx'
import { useServerNow } from '../use-server-now.ts'
import { useWords } from '../use-words.ts'
import type { ListedSchedule } from './queries.ts'
import styles from './PhaseLine.module.css'

/** Where a sale stands now, with the time to its next step. */
export function PhaseLine({ schedule }: { schedule: ListedSchedule }) {
  const { t } = useWords()
  const phase = salePhase(schedule, useServerNow())
  const next =
    phase === 'closed-room' || phase === 'room-open'
      ? schedule.bookingOpenAt
      : phase === 'open' || phase === 'sold-out'
        ? schedule.bookingCloseAt
        : undefined
  return (
    <span className={classNames(styles['phase'], styles[phase])}>
      <strong>{t(`console.phase.${phase}`)}</strong>
      {next === undefined ? null : (
        <span>
          {t(phase === 'open' || phase === 'sold-out' ? 'console.phase.closesIn' : 'console.phase.opensIn')}{' '}
          <TimeLeft until={next} />
        </span>
      )}
    </span>
  )
}
