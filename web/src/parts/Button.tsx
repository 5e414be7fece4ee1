import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { classNames } from './class-names.ts'
import styles from './Button.module.css'

type Look = 'main' | 'plain' | 'quiet'

/** A button: `main` is what a page is for, once a page; `quiet` looks like a link. */
export function Button({
  look = 'plain',
  type = 'button',
  isDisabled = false,
  autoFocus = false,
  isOnce = false,
  onPress,
  children,
}: {
  look?: Look
  type?: 'button' | 'submit'
  isDisabled?: boolean
  autoFocus?: boolean
  /** Whether a second press would do it again or take it back: then the second click of a double click does nothing. */
  isOnce?: boolean
  onPress?: () => void
  children: ReactNode
}) {
  // A disabled button would lose the focus, and a screen reader would not say what it does now.
  return (
    <button
      type={type}
      // oxlint-disable-next-line jsx-a11y/no-autofocus -- it follows a press on what it replaces, and the focus would be lost otherwise.
      autoFocus={autoFocus}
      aria-disabled={isDisabled}
      onClick={(event) => {
        if (isDisabled || (isOnce && event.detail > 1)) event.preventDefault()
        else onPress?.()
      }}
      className={classNames(styles['button'], styles[look])}
    >
      {children}
    </button>
  )
}

/** A link that leads on and looks like a button. */
export function ButtonLink({ to, look = 'plain', children }: { to: string; look?: Look; children: string }) {
  return (
    <Link to={to} className={classNames(styles['button'], styles[look])}>
      {children}
    </Link>
  )
}
