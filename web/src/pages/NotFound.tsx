import { ButtonLink } from '../parts/Button.tsx'
import { PageTitle } from '../parts/PageTitle.tsx'
import { useWords } from '../use-words.ts'
import styles from './NotFound.module.css'

/** What an address that leads nowhere shows. */
export function NotFound() {
  const { t } = useWords()
  return (
    <>
      <PageTitle title={t('notFound.title')} />
      <p>{t('notFound.text')}</p>
      <p className={styles['way']}>
        <ButtonLink to="/" look="main">
          {t('notFound.concerts')}
        </ButtonLink>
      </p>
    </>
  )
}
