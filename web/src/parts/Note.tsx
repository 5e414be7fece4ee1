import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import styles from './Note.module.css'

/**
 * A framed message. `bad` is read out at once, the others when there is time; not one that `isAnnounced` says is read out by an
 * announcement.
 */
export function Note({
  kind = 'plain',
  isAnnounced = false,
  children,
}: {
  kind?: 'plain' | 'good' | 'bad'
  isAnnounced?: boolean
  children: ReactNode
}) {
  const role = kind === 'bad' ? 'alert' : 'status'
  return (
    <div className={classNames(styles['note'], styles[kind])} {...(isAnnounced ? {} : { role })}>
      {children}
    </div>
  )
}
