import { Button } from '../../parts/Button.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { useWords } from '../../use-words.ts'
import { useWrite } from '../use-write.ts'
import styles from './Troubles.module.css'

/** Tries something once more, and shows what the API answered. */
export function Retry({
  label,
  done,
  send,
  onDone,
}: {
  label: string
  /** What is said when it was taken. */
  done: string
  send: (key: string) => Promise<unknown>
  onDone: () => unknown
}) {
  const { t } = useWords()
  // What came back is shown beside the button; the list is asked for anew by itself.
  const write = useWrite(
    async (_body: null, key) => {
      await send(key)
      return true
    },
    { onSuccess: onDone },
  )
  if (write.data === true) {
    return (
      <p role="status" className={styles['done']}>
        {done}
      </p>
    )
  }
  return (
    <>
      {write.error === null ? null : <RefusalNote error={write.error} />}
      <Button isDisabled={write.isPending} onPress={() => write.press(null)}>
        {write.isPending ? t('troubles.trying') : label}
      </Button>
    </>
  )
}
