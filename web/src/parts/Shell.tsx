import type { ReactNode } from 'react'
import { NavLink } from 'react-router'
import { RunningTimes } from '../running/RunningTimes.tsx'
import { useWords } from '../use-words.ts'
import { Frame } from './Frame.tsx'

/** What is around every page of a fan. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useWords()
  const links = (
    <>
      <NavLink to="/" end>
        {t('nav.concerts')}
      </NavLink>
      <NavLink to="/reservations">{t('nav.tickets')}</NavLink>
      <NavLink to="/wallet">{t('nav.wallet')}</NavLink>
    </>
  )
  return (
    <Frame home="/" name="Frontrow" links={links}>
      <RunningTimes />
      {children}
    </Frame>
  )
}
