import type { ReactNode } from 'react'
import styles from './Note.module.css'

/** A framed message. `bad` is read out at once, the others when there is time. */
export function Note({ kind = 'plain', children }: { kind?: 'plain' | 'good' | 'bad'; children: ReactNode }) {
  return (
    <div className={`${styles['note']} ${styles[kind]}`} role={kind === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}
