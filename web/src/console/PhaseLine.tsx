import { salePhase } from '../pages/schedule/sale-phase.ts'
import type { SalePhase } from '../pages/schedule/sale-phase.ts'
import { classNames } from '../parts/class-names.ts'
import { TimeLeft } from '../parts/TimeLeft.tsx'
import { useServerNow } from '../use-server-now.ts'
import { useWords } from '../use-words.ts'
import type { ListedSchedule } from './queries.ts'
import styles from './PhaseLine.module.css'

const DAY_MS = 86_400_000

/** What comes next in a phase. */
const STEPS: Partial<Record<SalePhase, 'opens' | 'closes'>> = {
  'closed-room': 'opens',
  'room-open': 'opens',
  open: 'closes',
  'sold-out': 'closes',
}

/** Where a sale stands now, with the time to its next step; of a step that is more than a day ahead, when it is at the venue. */
export function PhaseLine({ schedule }: { schedule: ListedSchedule }) {
  const { t, showTime } = useWords()
  const now = useServerNow()
  const phase = salePhase(schedule, now)
  const step = STEPS[phase]
  const next = step === 'opens' ? schedule.bookingOpenAt : schedule.bookingCloseAt
  return (
    <span className={classNames(styles['phase'], styles[phase])}>
      <strong>{t(`console.phase.${phase}`)}</strong>
      {step === undefined ? null : Date.parse(next) - now > DAY_MS ? (
        <span>{t(`console.phase.${step}At`, { at: showTime(next, schedule.timeZone) })}</span>
      ) : (
        <span>
          {t(`console.phase.${step}In`)} <TimeLeft until={next} />
        </span>
      )}
    </span>
  )
}
