import type { ReactNode } from 'react'
import { isRefusal } from '../api.ts'
import { ButtonLink } from '../parts/Button.tsx'
import { Loading } from '../parts/Loading.tsx'
import { PageTitle } from '../parts/PageTitle.tsx'
import { useWords } from '../use-words.ts'
import { useIsAdmin } from './use-is-admin.ts'
import styles from './AdminOnly.module.css'

/**
 * Shows the console to admins, and tells everybody else why not. Where the API
 * does not answer the console is shown: one service that is away must not keep an operator from a room that runs.
 */
export function AdminOnly({ userId, children }: { userId: string; children: ReactNode }) {
  const { t } = useWords()
  const entry = useIsAdmin(userId)
  if (entry.isPending) return <Loading />
  if (!isRefusal(entry.error, 'FORBIDDEN')) return children
  return (
    <div className={styles['notYours']}>
      <PageTitle title={t('console.notYours.title')} />
      <p>{t('console.notYours.text', { userId })}</p>
      <p>
        <ButtonLink to="/" look="main">
          {t('notFound.concerts')}
        </ButtonLink>
      </p>
    </div>
  )
}
