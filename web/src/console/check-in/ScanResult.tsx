import { isRefusal } from '../../api.ts'
import { classNames } from '../../parts/class-names.ts'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { useWords } from '../../use-words.ts'
import type { Words } from '../../use-words.ts'
import { formatDoorTime } from './door-time.ts'
import type { Outcome, Scan } from './scans.ts'
import styles from './CheckIn.module.css'

/** What each outcome looks like: green lets in, red does not, amber asks a person to look. Each has a sign of its own beside its colour. */
const looks = {
  pending: { look: 'wait', sign: '…' },
  unknown: { look: 'amber', sign: '?' },
  in: { look: 'green', sign: '✓' },
  used: { look: 'amber', sign: '!' },
  refused: { look: 'red', sign: '✕' },
} as const

/** The answer to a ticket, as large as the screen allows. */
export function ScanResult({
  scan: { outcome },
  timeZone,
  onAgain,
}: {
  scan: Scan
  timeZone: string
  onAgain: () => void
}) {
  const words = useWords()
  const { look, sign } = looks[outcome.kind]
  const { title, detail } = tell(outcome, timeZone, words)
  const isTold = outcome.kind !== 'refused' || toldRefusal(outcome.error) !== undefined
  return (
    <div className={classNames(styles['result'], styles[look])}>
      <span className={styles['sign']} aria-hidden="true">
        {sign}
      </span>
      <p className={styles['answer']}>{title}</p>
      {detail === undefined ? null : <p className={styles['detail']}>{detail}</p>}
      {isTold || outcome.kind !== 'refused' ? null : <RefusalNote error={outcome.error} onRetry={onAgain} />}
    </div>
  )
}

/** One of those before. */
export function ScanLine({ scan: { outcome }, timeZone }: { scan: Scan; timeZone: string }) {
  const words = useWords()
  const { look, sign } = looks[outcome.kind]
  const { title, detail } = tell(outcome, timeZone, words)
  return (
    <li>
      <span className={classNames(styles['mark'], styles[look])} aria-hidden="true">
        {sign}
      </span>
      <span>
        <strong>{title}</strong> {detail}
      </span>
    </li>
  )
}

function tell(
  outcome: Outcome,
  timeZone: string,
  { t, language }: Words,
): { title: string; detail?: string } {
  switch (outcome.kind) {
    case 'pending':
      return { title: t('door.pending') }
    case 'unknown':
      return { title: t('door.unknown'), detail: t('door.unknownDetail') }
    case 'in': {
      const { seat, reservationNumber } = outcome.admitted
      const { section, row, seatNumber: number, grade } = seat
      return {
        title: t('door.letIn'),
        detail: t('door.seat', { section, row, number, grade, reservationNumber }),
      }
    }
    case 'used': {
      const { checkedInAt, checkedInBy, seat, reservationNumber = '' } = outcome.used
      const title =
        checkedInAt === undefined
          ? t('door.used')
          : t('door.usedAt', { at: formatDoorTime(checkedInAt, timeZone, language, Date.now()) })
      const by = checkedInBy === undefined ? '' : t('door.usedBy', { by: checkedInBy })
      const where =
        seat === undefined
          ? ''
          : t('door.usedSeat', { section: seat.section, row: seat.row, number: seat.seatNumber })
      return { title, detail: [where, reservationNumber, by].filter((part) => part !== '').join(' · ') }
    }
    case 'refused': {
      const told = toldRefusal(outcome.error)
      if (told === undefined) return { title: t('door.notChecked') }
      return { title: t(`door.refused.${told}.title`), detail: t(`door.refused.${told}.text`) }
    }
  }
}

const toldAtDoors = ['TICKET_INVALID', 'TICKET_OF_OTHER_SCHEDULE', 'RESERVATION_NOT_CONFIRMED'] as const

/** Which of the refusals of a ticket this is; undefined where the ticket was not checked at all. */
function toldRefusal(error: unknown): (typeof toldAtDoors)[number] | undefined {
  return toldAtDoors.find((code) => isRefusal(error, code))
}
