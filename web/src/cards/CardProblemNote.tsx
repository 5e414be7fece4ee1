import { Button } from '../parts/Button.tsx'
import { Note } from '../parts/Note.tsx'
import { useWords } from '../use-words.ts'
import { CardProblem } from './card-problem.ts'

/** Says why there is no card to pay with, and what to do next. */
export function CardProblemNote({ problem, onRetry }: { problem: unknown; onRetry?: () => void }) {
  const { t } = useWords()
  const kind = problem instanceof CardProblem ? problem.kind : 'broken'
  return (
    <Note kind="bad">
      <p>
        {t(`cardForm.${kind}`)}
        {kind === 'card' && problem instanceof Error ? ` (${problem.message})` : null}
      </p>
      {onRetry === undefined ? null : <Button onPress={onRetry}>{t('tryAgain')}</Button>}
    </Note>
  )
}
