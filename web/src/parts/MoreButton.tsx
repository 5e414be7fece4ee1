import { useWords } from '../use-words.ts'
import { Button } from './Button.tsx'
import styles from './MoreButton.module.css'

/** Loads the next page of a list; nothing where there is none. */
export function MoreButton({
  query: { hasNextPage, isFetchingNextPage, fetchNextPage },
}: {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> }
}) {
  const { t } = useWords()
  if (!hasNextPage) return null
  return (
    <p className={styles['more']}>
      <Button isDisabled={isFetchingNextPage} onPress={() => void fetchNextPage()}>
        {isFetchingNextPage ? t('loading') : t('more')}
      </Button>
    </p>
  )
}
