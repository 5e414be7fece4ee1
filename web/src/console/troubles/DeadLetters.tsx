import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api.ts'
import { Await } from '../../parts/Await.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { useWords } from '../../use-words.ts'
import { Retry } from './Retry.tsx'
import { deadLettersQuery, troubleCountQuery } from './trouble-queries.ts'
import type { DeadLetter } from './trouble-queries.ts'
import styles from './Troubles.module.css'

/** Messages that could not be handled, with what they say and why they failed. */
export function DeadLetters() {
  const { t } = useWords()
  const letters = useInfiniteQuery(deadLettersQuery())
  return (
    <Await query={letters}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        if (items.length === 0) return <p>{t('troubles.noDeadLetters')}</p>
        return (
          <>
            <ul className={styles['list']}>
              {items.map((letter) => (
                <Letter key={letter.deadLetterId} letter={letter} />
              ))}
            </ul>
            <MoreButton query={letters} />
          </>
        )
      }}
    </Await>
  )
}

function Letter({ letter }: { letter: DeadLetter }) {
  const { t, moment } = useWords()
  const queries = useQueryClient()
  const { deadLetterId, topic, type, consumer, key, value, error, attempts, parkedAt, retriedAt } = letter
  return (
    <li>
      <p>
        <strong>{type ?? topic}</strong> {t('troubles.letterOf', { topic, consumer })}
      </p>
      <p className={styles['about']}>
        {moment(parkedAt)} · {t('troubles.attempts', { count: attempts })}
        {key === null ? null : (
          <>
            {' · '}
            <span className={styles['id']}>{key}</span>
          </>
        )}
      </p>
      <p className={styles['error']}>{error}</p>
      {value === null ? null : (
        <details>
          <summary>{t('troubles.value')}</summary>
          {/* A long value is scrolled, also with the keyboard. */}
          <pre className={styles['value']} tabIndex={0} role="region" aria-label={t('troubles.value')}>
            {value}
          </pre>
        </details>
      )}
      {retriedAt === null ? (
        <Retry
          label={t('troubles.letterRetry')}
          done={t('troubles.letterDone')}
          send={() =>
            api.POST('/api/v1/admin/dead-letters/{deadLetterId}/retry', {
              params: { path: { deadLetterId } },
            })
          }
          onDone={() => queries.invalidateQueries({ queryKey: troubleCountQuery().queryKey })}
        />
      ) : (
        <p className={styles['done']}>{t('troubles.letterRetried', { at: moment(retriedAt) })}</p>
      )}
    </li>
  )
}
