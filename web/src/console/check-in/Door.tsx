import { useQuery } from '@tanstack/react-query'
import { useId, useRef, useState } from 'react'
import type { FormEvent } from 'react'
import { localStore } from '../../browser-store.ts'
import { Button } from '../../parts/Button.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { useWords } from '../../use-words.ts'
import { Camera } from './Camera.tsx'
import { checkInsQuery } from './door-queries.ts'
import { beep } from './beep.ts'
import { ScanResult, ScanLine } from './ScanResult.tsx'
import { useScans } from './use-scans.ts'
import styles from './CheckIn.module.css'

const SOUND = 'frontrow.door.sound'
const CODE_MAX_LENGTH = 1_000

/** One door: a ticket is shown to the camera, scanned by a reader that types, or pasted, and the answer fills the screen. */
export function Door({ scheduleId, timeZone }: { scheduleId: number; timeZone: string }) {
  const { t } = useWords()
  const [isLoud, setIsLoud] = useState(() => localStore.getItem(SOUND) === 'on')
  const [isCameraOpen, setIsCameraOpen] = useState(false)
  const soundId = useId()
  const { scans, check } = useScans(scheduleId, ({ kind }) => {
    if (isLoud) beep(kind === 'in')
  })
  const [last, ...earlier] = scans
  return (
    <div className={styles['door']}>
      <Counts scheduleId={scheduleId} />
      <div aria-live="assertive">
        {last === undefined ? (
          <p className={styles['ready']}>{t('door.ready')}</p>
        ) : (
          <ScanResult key={last.id} scan={last} timeZone={timeZone} onAgain={() => check(last.code)} />
        )}
      </div>
      {isCameraOpen ? <Camera onCode={check} /> : null}
      <CodeForm onCode={check} />
      <div className={styles['tools']}>
        <Button onPress={() => setIsCameraOpen(!isCameraOpen)}>
          {isCameraOpen ? t('door.closeCamera') : t('door.openCamera')}
        </Button>
        <label htmlFor={soundId} className={styles['sound']}>
          <input
            id={soundId}
            type="checkbox"
            checked={isLoud}
            onChange={({ target }) => {
              setIsLoud(target.checked)
              localStore.setItem(SOUND, target.checked ? 'on' : 'off')
              if (target.checked) beep(true)
            }}
          />
          {t('door.sound')}
        </label>
      </div>
      {earlier.length === 0 ? null : (
        <section aria-label={t('door.earlier')}>
          <h2>{t('door.earlier')}</h2>
          <ul className={styles['earlier']}>
            {earlier.map((scan) => (
              <ScanLine key={scan.id} scan={scan} timeZone={timeZone} />
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

function Counts({ scheduleId }: { scheduleId: number }) {
  const { t, count } = useWords()
  const { data, error, refetch } = useQuery(checkInsQuery(scheduleId))
  if (data === undefined) {
    return error === null ? null : <RefusalNote error={error} onRetry={() => void refetch()} />
  }
  return (
    <p className={styles['counts']}>
      {t('door.in', { admitted: count(data.admitted), tickets: count(data.tickets) })}
      {error === null ? null : <small> {t('door.countsOld')}</small>}
    </p>
  )
}

function CodeForm({ onCode }: { onCode: (code: string) => void }) {
  const { t } = useWords()
  const codeId = useId()
  const problemId = useId()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const [isAsked, setIsAsked] = useState(false)
  const code = text.trim()
  const problem =
    code === '' ? t('door.noCode') : code.length > CODE_MAX_LENGTH ? t('door.longCode') : undefined
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setIsAsked(problem !== undefined)
    input.current?.focus()
    if (problem !== undefined) return
    setText('')
    onCode(code)
  }
  return (
    <form onSubmit={submit} noValidate className={styles['code']}>
      <label htmlFor={codeId}>{t('door.code')}</label>
      <div className={styles['codeRow']}>
        <input
          id={codeId}
          ref={input}
          value={text}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="go"
          onChange={({ target }) => setText(target.value)}
          aria-invalid={isAsked && problem !== undefined}
          aria-describedby={problemId}
        />
        <Button type="submit" look="main">
          {t('door.check')}
        </Button>
      </div>
      <p id={problemId} className={styles['problem']} role="alert">
        {isAsked ? problem : undefined}
      </p>
    </form>
  )
}
