import { ApiError } from '@frontrow/client/errors'
import { Button } from '../../parts/Button.tsx'
import { Note } from '../../parts/Note.tsx'
import { OnceNote } from '../../parts/OnceNote.tsx'
import { useWords } from '../../use-words.ts'
import { isOvertaken } from './use-form.ts'
import type { Form } from './use-form.ts'

/**
 * Says how far a write is, and why it was refused: what is wrong with a field stands beside the field, and this says that it does.
 * `onReload` shows the thing as it is now where somebody else was first.
 */
export function WriteNote<D>({ form, onReload }: { form: Form<D>; onReload?: () => void }) {
  const { t } = useWords()
  const { once, otherProblems } = form
  if (once.isPending || once.open !== undefined) return <OnceNote once={once} />
  if (isOvertaken(once.error)) {
    return (
      <Note kind="bad">
        <p>{t('write.overtaken')}</p>
        {onReload === undefined ? null : <Button onPress={onReload}>{t('write.reload')}</Button>}
      </Note>
    )
  }
  if (once.error instanceof ApiError && once.error.code === 'INVALID_REQUEST') {
    if (!form.isWrong) return null
    return (
      <Note kind="bad">
        <p>{t('write.invalid')}</p>
        {otherProblems.map((problem) => (
          <p key={problem}>{problem}</p>
        ))}
      </Note>
    )
  }
  return <OnceNote once={once} />
}
