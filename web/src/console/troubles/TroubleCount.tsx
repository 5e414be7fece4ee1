import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../use-words.ts'
import { COUNTED_MAX, troubleCountQuery } from './trouble-queries.ts'
import styles from './Troubles.module.css'

/** How many troubles wait, beside their name in the navigation; nothing where there are none, or nobody can tell. */
export function TroubleCount() {
  const { t } = useWords()
  const { data = 0 } = useQuery(troubleCountQuery())
  if (data === 0) return null
  const count = data >= COUNTED_MAX ? `${COUNTED_MAX}+` : String(data)
  return (
    <span className={styles['count']}>
      <span aria-hidden="true">{count}</span>
      <span className="unseen">{t('troubles.waiting', { count })}</span>
    </span>
  )
}
