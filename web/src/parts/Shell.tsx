import type { ReactNode } from 'react'
import { useSyncExternalStore } from 'react'
import { Link, NavLink } from 'react-router'
import { useAnnounced } from '../announcements.ts'
import { beginSignIn, signOut } from '../sign-in.ts'
import { RunningTimes } from '../running/RunningTimes.tsx'
import { useReturnTo, useSignIn } from '../use-sign-in.ts'
import { useWords } from '../use-words.ts'
import { chooseLanguage, languages } from '../words.ts'
import type { Language } from '../words.ts'
import { Button } from './Button.tsx'
import { Note } from './Note.tsx'
import styles from './Shell.module.css'

/** The button stays, so a person whose connection fails just now can press it again. */
async function changeLanguage(next: Language): Promise<void> {
  await chooseLanguage(next).catch((error: unknown) => console.error(error))
}

/** What is around every page. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useWords()
  return (
    <>
      <a className={styles['skip']} href="#content">
        {t('skip')}
      </a>
      <header className={styles['header']}>
        <div className={styles['bar']}>
          <Link to="/" className={styles['name']}>
            Frontrow
          </Link>
          <nav className={styles['links']} aria-label={t('nav.label')}>
            <NavLink to="/" end>
              {t('nav.concerts')}
            </NavLink>
            <NavLink to="/reservations">{t('nav.tickets')}</NavLink>
            <NavLink to="/wallet">{t('nav.wallet')}</NavLink>
          </nav>
          <div className={styles['person']}>
            <Person />
          </div>
        </div>
      </header>
      <main id="content" className={styles['content']} tabIndex={-1}>
        <PageNotes />
        <RunningTimes />
        {children}
      </main>
    </>
  )
}

/** Stays as long as the page does, since screen readers read what changes in a region, and seldom a region that is new. */
function Announcement() {
  return (
    <p className="unseen" role="status">
      {useAnnounced()}
    </p>
  )
}

/** What is said above every page: what is to be read out, that there is no network, and that signing in or out failed. */
export function PageNotes() {
  return (
    <>
      <Announcement />
      <Offline />
      <SignInFailed />
    </>
  )
}

/** The other language, and who is signed in with the way out, or the way in. */
export function Person() {
  const { language } = useWords()
  const other = language === 'en' ? 'ko' : 'en'
  return (
    <>
      <span lang={other}>
        <Button look="quiet" onPress={() => void changeLanguage(other)}>
          {languages[other]}
        </Button>
      </span>
      <Who />
    </>
  )
}

function Who() {
  const { t } = useWords()
  const returnTo = useReturnTo()
  const signIn = useSignIn()
  if (signIn.status === 'starting') return null
  if (signIn.status === 'signed-out') {
    return (
      <Button look="quiet" onPress={() => void beginSignIn(returnTo)}>
        {t('signIn')}
      </Button>
    )
  }
  return (
    <>
      <span className={styles['who']}>{signIn.name}</span>
      <Button look="quiet" onPress={() => void signOut()}>
        {t('signOut')}
      </Button>
    </>
  )
}

function SignInFailed() {
  const { t } = useWords()
  const signIn = useSignIn()
  if (signIn.status !== 'signed-out') return null
  if (signIn.why === 'failed') return <Note kind="bad">{t('signInFailed')}</Note>
  return signIn.why === 'signed-out-here' ? <Note kind="bad">{t('signedOutHere')}</Note> : null
}

function Offline() {
  const { t } = useWords()
  const isOnline = useSyncExternalStore(watchNetwork, () => navigator.onLine)
  return isOnline ? null : <Note>{t('offline')}</Note>
}

function watchNetwork(listener: () => void): () => void {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}
