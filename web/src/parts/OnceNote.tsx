import type { ReactNode } from 'react'
import { isRefusal } from '../api.ts'
import { StillOpenError } from '../settle.ts'
import type { Once } from '../use-once.ts'
import { useWords } from '../use-words.ts'
import { Button } from './Button.tsx'
import { Note } from './Note.tsx'
import { RefusalNote } from './RefusalNote.tsx'

/** Says how far a request is that must take effect once; where nobody knows, a press asks again. */
export function OnceNote<B, D>({
  once,
  children,
}: {
  once: Once<B, D>
  /** What is said beside a refusal. */
  children?: ReactNode
}) {
  const { t } = useWords()
  const { isPending, unsettled, error, open } = once
  if (isPending) return unsettled === undefined ? null : <Note>{t(`unsettled.${unsettled}`)}</Note>
  if (open === undefined) return error === null ? null : <RefusalNote error={error}>{children}</RefusalNote>
  const step = error instanceof StillOpenError ? error.step : undefined
  return (
    <>
      {isRefusal(error, 'UNAUTHENTICATED', 'FORBIDDEN') ? <RefusalNote error={error} /> : null}
      <Note>
        <p>{step === undefined ? t('unsettled.open') : t(`cardStep.${step.kind}`)}</p>
        {step?.kind === 'address' ? (
          <p>
            <a href={step.url}>{t('cardStep.go')}</a>
          </p>
        ) : null}
        <Button onPress={() => once.press(open)}>{t('unsettled.ask')}</Button>
      </Note>
    </>
  )
}
