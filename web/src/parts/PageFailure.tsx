import { Component, useEffect } from 'react'
import type { ErrorInfo, ReactNode } from 'react'
import { useLocation } from 'react-router'
import { useWords } from '../use-words.ts'
import { Button } from './Button.tsx'
import { Note } from './Note.tsx'

/** Shows a page's defect in place of the page, and the next page as if nothing had been. */
export function PageFailure({ children }: { children: ReactNode }) {
  const { pathname } = useLocation()
  return (
    <Boundary key={pathname} instead={<Failed isPage />}>
      {children}
    </Boundary>
  )
}

/** Shows a part's defect in its place, so that the rest of the page stays: the line around the draw, the list around a ticket. */
export function PartFailure({ children }: { children: ReactNode }) {
  return <Boundary instead={<Failed />}>{children}</Boundary>
}

/** Leaves out what stands beside the page where it fails: without a boundary of its own the whole page would go with it. */
export function Extra({ children }: { children: ReactNode }) {
  return <Boundary instead={null}>{children}</Boundary>
}

class Boundary extends Component<{ children: ReactNode; instead: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    console.error(error, componentStack)
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.instead : this.props.children
  }
}

function Failed({ isPage = false }: { isPage?: boolean }) {
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
      {isPage ? <h1>{isOffline ? t('failure.notShown') : t('failure.title')}</h1> : null}
      <p>{isOffline ? t('failure.offline') : t('failure.text')}</p>
      <Button onPress={() => window.location.reload()}>{t('failure.reload')}</Button>
    </Note>
  )
}
