import type { UseQueryResult } from '@tanstack/react-query'
import { Await } from '../../parts/Await.tsx'
import { useWords } from '../../use-words.ts'
import styles from './Troubles.module.css'

/** What waits for its next try. */
interface Waiting {
  nextAttemptAt: string | null
  /** Null where it has not been tried yet. */
  lastError: string | null
}

interface WaitingList {
  items: readonly Waiting[]
  nextCursor: string | null
}

/**
 * Says how many have failed and are tried again by themselves, when next and why they failed; nothing where there are none; or why that can't be told. A mail server
 * that is away for hours is seen here long before the first mail is given up.
 */
export function StillTried({ query }: { query: UseQueryResult<WaitingList> }) {
  return <Await query={query}>{(list) => <Tried list={list} />}</Await>
}

function Tried({ list }: { list: WaitingList }) {
  const { t, moment } = useWords()
  const tried = list.items.filter(({ lastError }) => lastError !== null)
  const [newest] = tried
  if (newest === undefined) return null
  const times = tried.flatMap(({ nextAttemptAt }) => nextAttemptAt ?? [])
  const next = times.toSorted((one, other) => Date.parse(one) - Date.parse(other))[0]
  return (
    <>
      <p>
        {list.nextCursor === null
          ? t('troubles.stillTried', { count: tried.length })
          : t('troubles.stillTriedMany', { count: tried.length })}{' '}
        {next === undefined ? null : t('troubles.nextTry', { at: moment(next) })}
      </p>
      <p className={styles['error']}>{newest.lastError}</p>
    </>
  )
}
