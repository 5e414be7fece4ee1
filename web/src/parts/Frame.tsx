import type { ReactNode } from 'react'
import { useSyncExternalStore } from 'react'
import { Link } from 'react-router'
import { useAnnounced } from '../announcements.ts'
import { beginSignIn, signOut } from '../sign-in.ts'
import { useReturnTo, useSignIn } from '../use-sign-in.ts'
import { useWords } from '../use-words.ts'
import { chooseLanguage, languages } from '../words.ts'
import type { Language } from '../words.ts'
import { Button } from './Button.tsx'
import { classNames } from './class-names.ts'
import { Note } from './Note.tsx'
import styles from './Frame.module.css'

/** What is around every page, the fan's and the operator's: where one may go, who is signed in, and what is said above all of them. */
export function Frame({
  look,
  home,
  name,
  links,
  children,
}: {
  /** A class that sets widths and sizes. */
  look?: string | undefined
  home: string
  /** What the pages are called. */
  name: ReactNode
  links: ReactNode
  children: ReactNode
}) {
  const { t } = useWords()
  return (
    <div className={classNames(styles['frame'], look)}>
      <a className={styles['skip']} href="#content">
        {t('skip')}
      </a>
      <header className={styles['header']}>
        <div className={styles['bar']}>
          <Link to={home} className={styles['name']}>
            {name}
          </Link>
          <nav className={styles['links']} aria-label={t('nav.label')}>
            {links}
          </nav>
          <div className={styles['person']}>
            <Person />
          </div>
        </div>
      </header>
      <main id="content" className={styles['content']} tabIndex={-1}>
        <Announcement />
        <Offline />
        <SignInFailed />
        {children}
      </main>
    </div>
  )
}

/** The button stays, so a person whose connection fails just now can press it again. */
async function changeLanguage(next: Language): Promise<void> {
  await chooseLanguage(next).catch((error: unknown) => console.error(error))
}

/** Stays as long as the page does, since screen readers read what changes in a region, and seldom a region that is new. */
function Announcement() {
  return (
    <p className="unseen" role="status">
      {useAnnounced()}
    </p>
  )
}

/** The other language, and who is signed in with the way out, or the way in. */
function Person() {
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
