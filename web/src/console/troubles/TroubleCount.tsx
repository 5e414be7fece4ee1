import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../use-words.ts'
import { useRoles } from '../use-roles.ts'
import { troubleCountQuery } from './trouble-queries.ts'
import styles from './Troubles.module.css'

/** How many troubles wait, beside their name in the navigation; nothing where there are none, nobody can tell, or nobody may ask. */
export function TroubleCount() {
  const { t } = useWords()
  const isAdmin = useRoles().data?.includes('admin') === true
  const { data } = useQuery({ ...troubleCountQuery(), enabled: isAdmin })
  if (!isAdmin || data === undefined || data.count === 0) return null
  const count = `${data.count}${data.isMore ? '+' : ''}`
  return (
    <span className={styles['count']}>
      <span aria-hidden="true">{count}</span>
      <span className="unseen">{t('troubles.waiting', { count })}</span>
    </span>
  )
}
