import type { UseQueryResult } from '@tanstack/react-query'
import { useWords } from '../../use-words.ts'
import styles from './Troubles.module.css'

/** What waits for its next try. */
interface Waiting {
  nextAttemptAt: string | null
  /** Null where it has not been tried yet. */
  lastError: string | null
}

/**
 * Says how many have failed and are tried again by themselves, when next and why they failed; nothing where there are none. A mail server
 * that is away for hours is seen here long before the first mail is given up.
 */
export function StillTried({
  query: { data },
}: {
  query: UseQueryResult<{ items: readonly Waiting[]; nextCursor: string | null }>
}) {
  const { t, moment } = useWords()
  const tried = data?.items.filter(({ lastError }) => lastError !== null) ?? []
  const [newest] = tried
  if (data === undefined || newest === undefined) return null
  const times = tried.flatMap(({ nextAttemptAt }) => nextAttemptAt ?? [])
  const next = times.toSorted((one, other) => Date.parse(one) - Date.parse(other))[0]
  return (
    <>
      <p>
        {data.nextCursor === null
          ? t('troubles.stillTried', { count: tried.length })
          : t('troubles.stillTriedMany', { count: tried.length })}{' '}
        {next === undefined ? null : t('troubles.nextTry', { at: moment(next) })}
      </p>
      <p className={styles['error']}>{newest.lastError}</p>
    </>
  )
}
