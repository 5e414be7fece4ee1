import type { ReactNode } from 'react'
import { NavLink } from 'react-router'
import { Frame } from '../parts/Frame.tsx'
import { useWords } from '../use-words.ts'
import { consolePages } from './routes.tsx'
import { useMayUse } from './use-roles.ts'
import styles from './ConsoleShell.module.css'

/** What is around every page of the console. It is lower than the fan's, since a console has much to show. */
export function ConsoleShell({ children }: { children: ReactNode }) {
  const { t } = useWords()
  const mayUse = useMayUse()
  const name = (
    <>
      Frontrow <span>{t('console.name')}</span>
    </>
  )
  const links = consolePages.map(({ path, nav, Badge, roles }) =>
    nav === undefined || !mayUse(roles) ? null : (
      <NavLink key={path} to={`/console/${path}`}>
        {t(nav)}
        {Badge === undefined ? null : <Badge />}
      </NavLink>
    ),
  )
  return (
    <Frame look={styles['console']} home="/console" name={name} links={links}>
      {children}
    </Frame>
  )
}
