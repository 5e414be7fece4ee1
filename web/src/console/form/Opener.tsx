import type { ReactNode } from 'react'
import { useState } from 'react'
import { Button } from '../../parts/Button.tsx'
import styles from './Opener.module.css'

/** A button that opens what is seldom needed; `children` get what closes it again. The focus goes along. */
export function Opener({ label, children }: { label: string; children: (close: () => void) => ReactNode }) {
  const [state, setState] = useState<'new' | 'open' | 'closed'>('new')
  if (state === 'open') {
    return (
      <div ref={focusFirstField} tabIndex={-1} className={styles['opened']}>
        {children(() => setState('closed'))}
      </div>
    )
  }
  return (
    <Button autoFocus={state === 'closed'} onPress={() => setState('open')}>
      {label}
    </Button>
  )
}

function focusFirstField(element: HTMLElement | null): void {
  const field = element?.querySelector<HTMLElement>('input, select, textarea')
  ;(field ?? element)?.focus()
}
