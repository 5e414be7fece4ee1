import type { ReactNode } from 'react'
import { isRefusal } from '../api.ts'
import { ButtonLink } from '../parts/Button.tsx'
import { Loading } from '../parts/Loading.tsx'
import { PageTitle } from '../parts/PageTitle.tsx'
import { useWords } from '../use-words.ts'
import { useMayUse, useRoles } from './use-roles.ts'
import type { Needed } from './use-roles.ts'
import { useRoleNames } from './use-role-names.ts'
import styles from './StaffOnly.module.css'

/** Shows the console to who has a role, and tells everybody else why not. */
export function StaffOnly({ userId, children }: { userId: string; children: ReactNode }) {
  const { t } = useWords()
  const own = useRoles()
  if (own.isPending) return <Loading />
  if (!isRefusal(own.error, 'FORBIDDEN')) return children
  return (
    <NotYours title={t('console.notYours.title')} text={t('console.notYours.text', { userId })}>
      <ButtonLink to="/" look="main">
        {t('notFound.concerts')}
      </ButtonLink>
    </NotYours>
  )
}

/** Shows a page of the console to who has one of its roles, and tells the others whom it is for. */
export function RoleOnly({ needed, children }: { needed: Needed; children: ReactNode }) {
  const { t } = useWords()
  const mayUse = useMayUse()
  const { data: own = [] } = useRoles()
  const { oneOf, allOf } = useRoleNames()
  if (mayUse(needed)) return children
  const text = t('console.onlyFor.page', { roles: oneOf(['admin', ...needed]), own: allOf(own) })
  return (
    <NotYours title={t('console.onlyFor.title')} text={text}>
      <ButtonLink to="/console" look="main">
        {t('console.onlyFor.back')}
      </ButtonLink>
    </NotYours>
  )
}

function NotYours({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <div className={styles['notYours']}>
      <PageTitle title={title} />
      <p>{text}</p>
      <p>{children}</p>
    </div>
  )
}
