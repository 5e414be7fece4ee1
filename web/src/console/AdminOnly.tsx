import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { api, isRefusal } from '../api.ts'
import { ButtonLink } from '../parts/Button.tsx'
import { Loading } from '../parts/Loading.tsx'
import { PageTitle } from '../parts/PageTitle.tsx'
import { useWords } from '../use-words.ts'
import styles from './AdminOnly.module.css'

/**
 * Shows the console to admins, and tells everybody else why not. The API is asked, since tokens for pages need not name roles. Where it
 * does not answer the console is shown: one service that is away must not keep an operator from a room that runs.
 */
export function AdminOnly({ userId, children }: { userId: string; children: ReactNode }) {
  const { t } = useWords()
  const entry = useQuery({
    queryKey: ['admin', 'entry', userId],
    staleTime: Infinity,
    retry: false,
    queryFn: async ({ signal }) => {
      await api.GET('/api/v1/admin/concerts', { params: { query: { limit: 1 } }, signal })
      return 'admin'
    },
  })
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
