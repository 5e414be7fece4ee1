import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { useAnnouncement } from '../../announcements.ts'
import { CheckDrawButton } from '../../draw/CheckDrawButton.tsx'
import { useDrawNote } from '../../draw/use-draw-note.ts'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { Note } from '../../parts/Note.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { TimeLeft } from '../../parts/TimeLeft.tsx'
import { fairnessQuery } from '../../queries.ts'
import type { Place, Schedule } from '../../queries.ts'
import { useRunningPlace } from '../../running/running-store.ts'
import { useServerNow } from '../../use-server-now.ts'
import { useWords } from '../../use-words.ts'
import { chime } from './chime.ts'
import { waitRange } from './line.ts'
import type { Line } from './line.ts'
import { leaveLine } from './take-place.ts'
import { useLine } from './use-line.ts'
import styles from './InLine.module.css'

interface Shown {
  place: Place
  schedule: Schedule
  above: string
  /** Takes the place over where another browser has it now, or takes a new one. */
  onTakeOver: ReactNode
}

/** A place in line, from the first moment to its end. */
export function InLine({ place, schedule, above, onTakeOver }: Shown) {
  const { t } = useWords()
  const opensAtMs = Date.parse(schedule.bookingOpenAt)
  const isOpen = useServerNow() >= opensAtMs
  const { line, failure } = useLine(place, opensAtMs)
  const fairness = useQuery({ ...fairnessQuery(schedule.scheduleId), enabled: !isOpen })
  useDrawNote(line.place ?? place, opensAtMs, isOpen ? undefined : fairness.data?.commitment)
  const { end } = line
  useRunningPlace(end === undefined ? (line.place ?? place) : undefined, schedule)
  if (failure !== undefined) {
    return (
      <>
        <PageTitle title={t('line.title')} above={above} />
        <RefusalNote error={failure} onRetry={() => window.location.reload()} />
      </>
    )
  }
  if (end !== undefined) {
    return (
      <>
        <PageTitle title={t(`line.end.${end}.title`)} above={above} />
        <p className={styles['text']}>{t(`line.end.${end}.text`)}</p>
        {end === 'USED' ? <ButtonLink to="/reservations">{t('nav.tickets')}</ButtonLink> : onTakeOver}
        <Draw isOpen={isOpen} schedule={schedule} />
      </>
    )
  }
  if (line.place?.status === 'ACTIVE') {
    return (
      <>
        <YourTurn place={line.place} schedule={schedule} above={above} />
        <Connection line={line} />
        <Draw isOpen schedule={schedule} />
        <Leave schedule={schedule} />
      </>
    )
  }
  return (
    <>
      {isOpen ? (
        <Waiting line={line} above={above} />
      ) : (
        <BeforeOpening schedule={schedule} seal={fairness.data?.commitment} above={above} />
      )}
      <Connection line={line} />
      <Draw isOpen={isOpen} schedule={schedule} />
      <Leave schedule={schedule} />
    </>
  )
}

function Waiting({ line, above }: { line: Line; above: string }) {
  const { t, count } = useWords()
  const position = line.place?.queuePosition ?? 1
  const range = waitRange(line)
  const percent = Math.floor((line.way?.shown ?? 0) * 100)
  return (
    <>
      <PageTitle title={t('line.title')} windowTitle={t('line.windowTitle', { position })} above={above} />
      <p className={styles['ahead']}>
        <span className={styles['number']}>{count(position - 1)}</span>{' '}
        {t('line.ahead', { count: position - 1 })}
      </p>
      <progress className={styles['bar']} max={100} value={percent} aria-label={t('line.progress')} />
      <p className={styles['text']} role="status">
        {line.paused
          ? t('line.paused')
          : range === undefined
            ? t('line.noEstimate')
            : range.fromMinutes === 0 && range.toMinutes === 1
              ? t('line.soon')
              : range.fromMinutes === 0
                ? t('line.estimateUpTo', { count: range.toMinutes })
                : t('line.estimate', { from: range.fromMinutes, count: range.toMinutes })}
      </p>
      <p className={styles['quiet']}>{t('line.kept')}</p>
    </>
  )
}

/** Whoever waits, was let in, or lost a place may check how the order came to be. */
function Draw({ isOpen, schedule: { scheduleId, bookingOpenAt } }: { isOpen: boolean; schedule: Schedule }) {
  return isOpen ? (
    <div className={styles['text']}>
      <CheckDrawButton draw={{ scheduleId, opensAtMs: Date.parse(bookingOpenAt) }} />
    </div>
  ) : null
}

function BeforeOpening({
  schedule,
  seal,
  above,
}: {
  schedule: Schedule
  seal: string | undefined
  above: string
}) {
  const { t } = useWords()
  return (
    <>
      <PageTitle title={t('line.early.title')} above={above} />
      <p>{t('line.early.opensIn')}</p>
      <p className={styles['number']}>
        <TimeLeft until={schedule.bookingOpenAt} />
      </p>
      <p className={styles['text']}>{t('line.early.draw')}</p>
      {seal === undefined ? null : (
        <p className={styles['quiet']}>
          {t('line.early.commitment')} <code>{seal}</code>. {t('line.early.check')}
        </p>
      )}
      <p className={styles['quiet']}>{t('line.kept')}</p>
    </>
  )
}

function Connection({ line }: { line: Line }) {
  const { t } = useWords()
  useAnnouncement(line.isLive ? '' : t('line.reconnecting'))
  return line.isLive ? null : <Note isAnnounced>{t('line.reconnecting')}</Note>
}

function YourTurn({ place, schedule, above }: { place: Place; schedule: Schedule; above: string }) {
  const { t } = useWords()
  useEffect(chime, [])
  useAnnouncement(`${t('line.turn.title')}. ${t('line.turn.text')}`)
  return (
    <>
      <PageTitle title={t('line.turn.title')} windowTitle={t('line.turn.windowTitle')} above={above} />
      <Note kind="good" isAnnounced>
        <p>{t('line.turn.text')}</p>
        <p>
          {t('line.turn.left')}{' '}
          <strong className={styles['left']}>
            <TimeLeft until={place.expiresAt} />
          </strong>
        </p>
      </Note>
      <p className={styles['actions']}>
        <ButtonLink to={`/concerts/${schedule.concertId}/schedules/${schedule.scheduleId}/seats`} look="main">
          {t('line.turn.seats')}
        </ButtonLink>
      </p>
    </>
  )
}

/** Gives the place up, after a question that says what is lost. */
function Leave({ schedule: { concertId, scheduleId } }: { schedule: Schedule }) {
  const { t } = useWords()
  const navigate = useNavigate()
  const [isAsking, setIsAsking] = useState(false)
  const leaving = useMutation({
    mutationFn: () => leaveLine(scheduleId),
    onSuccess: () => navigate(`/concerts/${concertId}/schedules/${scheduleId}`),
  })
  if (!isAsking) {
    return (
      <div className={styles['leave']}>
        <Button look="quiet" onPress={() => setIsAsking(true)}>
          {t('line.leave')}
        </Button>
      </div>
    )
  }
  return (
    <Note>
      <p>{t('line.leaving.text')}</p>
      {leaving.isError ? <RefusalNote error={leaving.error} /> : null}
      <p className={styles['row']}>
        <Button autoFocus isDisabled={leaving.isPending} onPress={() => leaving.mutate()}>
          {t('line.leaving.yes')}
        </Button>
        <Button look="quiet" onPress={() => setIsAsking(false)}>
          {t('line.leaving.no')}
        </Button>
      </p>
    </Note>
  )
}
