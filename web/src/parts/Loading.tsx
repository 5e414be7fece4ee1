import { useWords } from '../use-words.ts'
import styles from './Loading.module.css'

/** Says that something is on its way; only after a moment, since most answers are there sooner. */
export function Loading() {
  const { t } = useWords()
  return (
    <p className={styles['loading']} role="status">
      {t('loading')}
    </p>
  )
}
