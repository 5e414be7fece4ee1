import { useId } from 'react'
import { useWords } from '../../use-words.ts'
import { limits, nextRound, readLimit } from './read-limit.ts'
import type { LimitName } from './read-limit.ts'
import styles from './SteeringPanel.module.css'

/** One limit of a room: what it is now, a field, and a step up or down to the next round number. */
export function LimitField({
  name,
  now,
  draft,
  problem,
  onChange,
}: {
  name: LimitName
  /** What the room has; null where it has no limit. */
  now: number | null
  draft: string | undefined
  problem: 'none' | 'small' | 'large' | undefined
  onChange: (text: string) => void
}) {
  const { t, count } = useWords()
  const fieldId = useId()
  const nowId = useId()
  const problemId = useId()
  const text = draft ?? (now === null ? '' : String(now))
  const typed = readLimit(text, limits[name])
  const from = 'value' in typed ? typed.value : (now ?? limits[name].min)
  const step = (direction: 1 | -1): void => onChange(String(nextRound(from, direction, limits[name])))
  const { min, max } = limits[name]
  return (
    <div className={styles['field']}>
      <label htmlFor={fieldId}>{t(`console.steer.${name}`)}</label>
      <small id={nowId}>
        {now === null ? t('console.steer.off') : t('console.steer.now', { value: count(now) })}
      </small>
      <div className={styles['stepper']}>
        <button
          type="button"
          aria-label={t('console.steer.less', { what: t(`console.steer.${name}`) })}
          aria-controls={fieldId}
          onClick={() => step(-1)}
        >
          −
        </button>
        <input
          id={fieldId}
          inputMode="numeric"
          autoComplete="off"
          value={text}
          onChange={({ target }) => onChange(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
            event.preventDefault()
            step(event.key === 'ArrowUp' ? 1 : -1)
          }}
          aria-invalid={problem !== undefined}
          aria-describedby={`${nowId} ${problemId}`}
        />
        <button
          type="button"
          aria-label={t('console.steer.more', { what: t(`console.steer.${name}`) })}
          aria-controls={fieldId}
          onClick={() => step(1)}
        >
          +
        </button>
      </div>
      <p id={problemId} className={styles['problem']} role="alert">
        {problem === undefined
          ? ''
          : t(`console.steer.problem.${problem}`, { min: count(min), max: count(max) })}
      </p>
    </div>
  )
}
