import { isWorthRepeating } from '../api.ts'
import { RefusalNote } from '../parts/RefusalNote.tsx'
import { useWords } from '../use-words.ts'
import { formatClock } from './formats.ts'
import type { Live } from './use-live.ts'
import styles from './Freshness.module.css'

/** Says that what is shown is old, and since when; nothing while it is of now. Where there was no answer yet, or a refusal, why. */
export function Freshness({ live: { data, staleSince, error, retry } }: { live: Live<unknown> }) {
  const { t, language } = useWords()
  // A refusal is an answer: it says why there are no newer numbers.
  const isRefused = error !== null && !isWorthRepeating(error)
  if (error !== null && (data === undefined || isRefused))
    return <RefusalNote error={error} onRetry={retry} />
  if (staleSince === undefined) return null
  return (
    <p className={styles['stale']} role="status">
      {t('console.staleSince', { at: formatClock(staleSince, language) })}
    </p>
  )
}
