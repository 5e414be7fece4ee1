import { Note } from '../../parts/Note.tsx'
import { useWords } from '../../use-words.ts'
import { isBeingCancelled } from './show-queries.ts'
import type { AdminSchedule } from './show-queries.ts'
import styles from './Shows.module.css'

/** How far the reservations and refunds of a cancelled date are. */
export function Cancellation({ schedule }: { schedule: AdminSchedule }) {
  const { t, count } = useWords()
  const { cancellation } = schedule
  return (
    <section className={styles['section']} aria-label={t('cancellation.title')}>
      <h2>{t('cancellation.title')}</h2>
      {cancellation === null ? <Note>{t('cancellation.unknown')}</Note> : null}
      {cancellation === null ? null : (
        <>
          <Progress
            label={t('cancellation.reservations', {
              done: count(cancellation.cancelled),
              all: count(cancellation.reservations),
            })}
            done={cancellation.cancelled}
            all={cancellation.reservations}
          />
          <Progress
            label={t('cancellation.refunds', {
              done: count(cancellation.refunded),
              all: count(cancellation.refunded + cancellation.refundsPending),
            })}
            done={cancellation.refunded}
            all={cancellation.refunded + cancellation.refundsPending}
          />
          <p role="status">
            {isBeingCancelled(schedule) ? t('cancellation.goesOn') : t('cancellation.done')}
          </p>
        </>
      )}
    </section>
  )
}

function Progress({ label, done, all }: { label: string; done: number; all: number }) {
  return (
    <label className={styles['progress']}>
      {label}
      {/* Nothing to do is done. */}
      <progress max={Math.max(1, all)} value={all === 0 ? 1 : done} />
    </label>
  )
}
