import { Component } from 'react'
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
  return (
    <Note kind="bad">
      <h1>{t('failure.title')}</h1>
      <p>{t('failure.text')}</p>
      <Button onPress={() => window.location.reload()}>{t('failure.reload')}</Button>
    </Note>
  )
}
