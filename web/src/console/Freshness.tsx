import { RefusalNote } from '../parts/RefusalNote.tsx'
import { useWords } from '../use-words.ts'
import { formatClock } from './formats.ts'
import type { Live } from './use-live.ts'
import styles from './Freshness.module.css'

/** Says that what is shown is old, and since when; nothing while it is of now. Where there was no answer yet, why. */
export function Freshness({ live: { data, staleSince, error, retry } }: { live: Live<unknown> }) {
  const { t, language } = useWords()
  if (data === undefined) return error === null ? null : <RefusalNote error={error} onRetry={retry} />
  if (staleSince === undefined) return null
  return (
    <p className={styles['stale']} role="status">
      {t('console.staleSince', { at: formatClock(staleSince, language) })}
    </p>
  )
}
