import { useState } from 'react'
import { Button } from '../parts/Button.tsx'
import { Note } from '../parts/Note.tsx'
import { useWords } from '../use-words.ts'
import type { DrawReport, OwnPlace } from './check-draw.ts'
import type { DrawId } from './draw-note.ts'
import styles from './DrawCheck.module.css'
import { useDrawCheck } from './use-draw-check.ts'

/** Checks the draw of a schedule in this browser, and says in words what was checked and what came of it. */
export function DrawCheck({ draw }: { draw: DrawId }) {
  const { t, count } = useWords()
  const [run, setRun] = useState(0)
  const state = useDrawCheck(draw, run)
  const again = <Button onPress={() => setRun(run + 1)}>{t('draw.again')}</Button>
  switch (state.kind) {
    case 'beginning':
      return <Note>{t('draw.beginning')}</Note>
    case 'progress':
      return (
        <Note>
          <p>{t('draw.progress')}</p>
          <progress
            className={styles['bar']}
            max={Math.max(1, state.total)}
            value={state.read}
            aria-label={t('draw.progress')}
          />
          <p>{t('draw.read', { read: count(state.read), total: count(state.total) })}</p>
        </Note>
      )
    case 'failed':
      return (
        <Note kind="bad">
          <p>{t(`draw.failed.${state.why}`)}</p>
          {state.why === 'too-long' ? null : again}
        </Note>
      )
    case 'report':
      return <Report report={state.report} again={again} />
  }
}

function Report({ report, again }: { report: DrawReport; again: React.ReactNode }) {
  const { t, count } = useWords()
  const { outcome, answers, isSealNoted, entries, length, own } = report
  // Where nothing was noted before the opening there is no such answer, and nobody checked what the page says of the own place.
  const isOwnChecked = answers.some((one) => one.question === 'own' && one.outcome === 'holds')
  if (outcome === 'not-yet') {
    return (
      <Note>
        <p>{t('draw.not-yet')}</p>
        {again}
      </Note>
    )
  }
  return (
    <Note kind={outcome === 'holds' ? 'good' : 'bad'}>
      <p>
        <strong>{t(`draw.outcome.${outcome}`)}</strong>
      </p>
      <p>{t('draw.size', { entries: count(entries), length: count(length) })}</p>
      <ul className={styles['answers']}>
        {answers.map(({ question, outcome: answer, lines }) => (
          <li key={question} className={styles[answer]}>
            {t(`draw.question.${question}.${answer}`)}
            {lines.length === 0 ? null : (
              <details>
                <summary>{t('draw.details')}</summary>
                <ul lang="en">
                  {lines.map((line) => (
                    <li key={line}>{line}</li>
                  ))}
                </ul>
              </details>
            )}
          </li>
        ))}
      </ul>
      <p>{ownWords(own, entries)}</p>
      {isSealNoted ? null : <p>{t('draw.sealNotNoted')}</p>}
      {outcome === 'holds' ? null : again}
    </Note>
  )

  function ownWords(place: OwnPlace | undefined, drawn: number): string {
    if (place === undefined) return t('draw.own.none')
    const { entry, rank, admitted } = place
    const came = entry === undefined ? '' : ` ${t('draw.own.entry', { entry: count(entry) })}`
    const stands =
      rank === undefined
        ? t('draw.own.late')
        : `${t(isOwnChecked ? 'draw.own.rank' : 'draw.own.stands', { rank: count(rank), entries: count(drawn) })}${came}`
    return admitted === undefined
      ? stands
      : `${stands} ${t('draw.own.admitted', { number: count(admitted.number), length: count(length) })}`
  }
}
