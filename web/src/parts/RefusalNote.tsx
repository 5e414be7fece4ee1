import { ApiError } from '@frontrow/client/errors'
import type { ReactNode } from 'react'
import { failureKind } from '../refusal-words.ts'
import { beginSignIn } from '../sign-in.ts'
import { useReturnTo } from '../use-sign-in.ts'
import { useWords } from '../use-words.ts'
import { Button } from './Button.tsx'
import { Note } from './Note.tsx'

/** Says in the person's language what went wrong and what to do next; `children` offer that, and `onRetry` the same once more. */
export function RefusalNote({
  error,
  onRetry,
  children,
}: {
  error: unknown
  onRetry?: (() => void) | undefined
  children?: ReactNode
}) {
  const { t } = useWords()
  const returnTo = useReturnTo()
  const kind = failureKind(error)
  const isOurs = kind === 'INTERNAL' || kind === 'OTHER'
  return (
    <Note kind="bad">
      <p>
        {t(`refusal.${kind}`)}
        {kind === 'OTHER' && error instanceof ApiError ? ` (${error.message})` : null}
      </p>
      {isOurs && error instanceof ApiError ? <p>{t('requestId', { id: error.requestId })}</p> : null}
      {kind === 'UNAUTHENTICATED' ? (
        <Button onPress={() => void beginSignIn(returnTo)}>{t('signIn')}</Button>
      ) : null}
      {children}
      {onRetry === undefined ? null : <Button onPress={onRetry}>{t('tryAgain')}</Button>}
    </Note>
  )
}
