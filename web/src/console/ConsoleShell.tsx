import type { ReactNode } from 'react'
import { Link, NavLink } from 'react-router'
import { PageNotes, Person } from '../parts/Shell.tsx'
import { useWords } from '../use-words.ts'
import { consolePages } from './routes.tsx'
import { useMayUse } from './use-roles.ts'
import styles from './ConsoleShell.module.css'

/** What is around every page of the console. It is lower than the fan's, since a console has much to show. */
export function ConsoleShell({ children }: { children: ReactNode }) {
  const { t } = useWords()
  const mayUse = useMayUse()
  return (
    <div className={styles['console']}>
      <a className={styles['skip']} href="#content">
        {t('skip')}
      </a>
      <header className={styles['header']}>
        <Link to="/console" className={styles['name']}>
          Frontrow <span>{t('console.name')}</span>
        </Link>
        <nav className={styles['links']} aria-label={t('nav.label')}>
          {consolePages.map(({ path, nav, Badge, roles }) =>
            nav === undefined || !mayUse(roles) ? null : (
              <NavLink key={path} to={`/console/${path}`}>
                {t(nav)}
                {Badge === undefined ? null : <Badge />}
              </NavLink>
            ),
          )}
        </nav>
        <div className={styles['person']}>
          <Person />
        </div>
      </header>
      <main id="content" className={styles['content']} tabIndex={-1}>
        <PageNotes />
        {children}
      </main>
    </div>
  )
}
