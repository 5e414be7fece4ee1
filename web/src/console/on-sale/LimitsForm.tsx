import { useState } from 'react'
import type { FormEvent } from 'react'
import { Button } from '../../parts/Button.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { useWords } from '../../use-words.ts'
import type { Room } from '../queries.ts'
import type { Write } from '../use-write.ts'
import { LimitField } from './LimitField.tsx'
import { draftsSince, limits, readLimit } from './read-limit.ts'
import type { Drafts, LimitName } from './read-limit.ts'
import type { Steering } from './SteeringPanel.tsx'
import styles from './SteeringPanel.module.css'

const NAMES: readonly LimitName[] = ['maxActive', 'admitPerSecond']

/** How many may be in at once, and how many are let in a second. Both are applied by one press, and by nothing else. */
export function LimitsForm({ room, write }: { room: Room; write: Write<Steering, unknown> }) {
  const { t } = useWords()
  const [drafts, setDrafts] = useState<Drafts>({})
  const [isAsked, setIsAsked] = useState(false)
  const read = NAMES.map((name) => ({ name, draft: drafts[name], typed: typedOf(drafts[name], name) }))
  const change: Steering = Object.fromEntries(
    read.flatMap(({ name, typed }) =>
      typed !== undefined && 'value' in typed && typed.value !== room[name] ? [[name, typed.value]] : [],
    ),
  )
  const isWrong = read.some(({ typed }) => typed !== undefined && 'problem' in typed)
  const isChanged = isWrong || Object.keys(change).length > 0
  const forget = (): void => {
    setDrafts({})
    setIsAsked(false)
  }
  const apply = (event: FormEvent): void => {
    event.preventDefault()
    setIsAsked(true)
    if (isWrong || !isChanged) return
    write.press(change, () => {
      setDrafts((now) => draftsSince(drafts, now))
      setIsAsked(false)
    })
  }
  return (
    <form className={styles['limits']} noValidate onSubmit={apply}>
      {read.map(({ name, draft, typed }) => (
        <LimitField
          key={name}
          name={name}
          now={room[name]}
          draft={draft}
          problem={
            typed !== undefined && 'problem' in typed && (isAsked || draft?.trim() !== '')
              ? typed.problem
              : undefined
          }
          onChange={(text) => setDrafts((before) => ({ ...before, [name]: text }))}
        />
      ))}
      {write.error === null ? null : <RefusalNote error={write.error} />}
      <div className={styles['apply']}>
        <Button type="submit" look="main" isDisabled={!isChanged || write.isPending}>
          {t(write.isPending ? 'console.steer.working' : 'console.steer.apply')}
        </Button>
        {isChanged ? (
          <Button look="quiet" onPress={forget}>
            {t('console.steer.forget')}
          </Button>
        ) : null}
      </div>
    </form>
  )
}

function typedOf(draft: string | undefined, name: LimitName) {
  return draft === undefined ? undefined : readLimit(draft, limits[name])
}
