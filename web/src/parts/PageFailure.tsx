import { Component, useEffect } from 'react'
import type { ErrorInfo, ReactNode } from 'react'
import { useLocation } from 'react-router'
import { useWords } from '../use-words.ts'
import { Button } from './Button.tsx'
import { Note } from './Note.tsx'

/** Shows a page's defect in place of the page, and the next page as if nothing had been. */
export function PageFailure({ children }: { children: ReactNode }) {
  const { pathname } = useLocation()
  return <Boundary key={pathname}>{children}</Boundary>
}

class Boundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    console.error(error, componentStack)
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <Failed /> : this.props.children
  }
}

function Failed() {
  const { t } = useWords()
  const isOffline = !navigator.onLine
  useEffect(() => {
    // What failed to load stays failed until the page is loaded anew, which loses nothing.
    const reload = (): void => window.location.reload()
    if (isOffline) window.addEventListener('online', reload)
    return () => window.removeEventListener('online', reload)
  }, [isOffline])
  return (
    <Note kind={isOffline ? 'plain' : 'bad'}>
      <h1>{isOffline ? t('failure.notShown') : t('failure.title')}</h1>
      <p>{isOffline ? t('failure.offline') : t('failure.text')}</p>
      <Button onPress={() => window.location.reload()}>{t('failure.reload')}</Button>
    </Note>
  )
}
