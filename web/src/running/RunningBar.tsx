import { useQuery } from '@tanstack/react-query'
import type { UseQueryResult } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { useAnnouncement } from '../announcements.ts'
import { isRefusal } from '../api.ts'
import { chime } from '../pages/waiting-room/chime.ts'
import { Button } from '../parts/Button.tsx'
import { TimeLeft } from '../parts/TimeLeft.tsx'
import { myHoldsQuery, placeQuery, reservationQuery } from '../queries.ts'
import { useServerNow } from '../use-server-now.ts'
import { useWords } from '../use-words.ts'
import { idOf, pathOf } from './running.ts'
import type { Running } from './running.ts'
import styles from './RunningBar.module.css'
import { forgetRunning, noteReservation, noteRunning } from './running-store.ts'

/** One line for each thing that runs. It asks how it stands while it is shown, and says in words when it is over. */
export function RunningBar({
  told,
  isSignedIn,
  asks,
}: {
  told: readonly Running[]
  isSignedIn: boolean
  asks: boolean
}) {
  const { t } = useWords()
  const holds = useQuery({ ...myHoldsQuery(), enabled: asks })
  useEffect(() => {
    for (const hold of holds.data ?? []) noteReservation(hold)
  }, [holds.data])
  // Whose seats they are is known by a sign-in only.
  const shown = told.filter(({ kind }) => kind === 'place' || isSignedIn)
  if (shown.length === 0) return null
  return (
    <section aria-label={t('running.label')} className={styles['bar']}>
      {shown.map((one) =>
        one.kind === 'place' ? (
          <PlaceLine key={idOf(one)} place={one} />
        ) : (
          <HoldLine key={idOf(one)} hold={one} />
        ),
      )}
    </section>
  )
}

function PlaceLine({ place }: { place: Extract<Running, { kind: 'place' }> }) {
  const { t } = useWords()
  const isOver = useServerNow() >= Date.parse(place.expiresAt)
  const { data, error } = useNews(
    useQuery({
      ...placeQuery(place.scheduleId),
      enabled: !isOver,
      // Who is let in and asks for nothing for 90 s loses the place, also where the tab is hidden.
      refetchIntervalInBackground: true,
    }),
  )
  const isGone = isRefusal(error, 'QUEUE_TOKEN_REQUIRED', 'QUEUE_TOKEN_INVALID')
  const id = idOf(place)
  useEffect(() => {
    if (isGone && !isOver) forgetRunning(id)
  }, [isGone, isOver, id])
  useEffect(() => {
    if (data !== undefined) noteRunning({ ...place, status: data.status, expiresAt: data.expiresAt })
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- what is noted is what the answer says, not what was noted before.
  }, [data])
  const { title, status } = place
  const lastStatus = useRef(status)
  useEffect(() => {
    if (lastStatus.current === 'WAITING' && status === 'ACTIVE') chime()
    lastStatus.current = status
  }, [status])
  useAnnouncement(status === 'ACTIVE' && !isOver ? t('running.turn', { title }) : '')
  if (isOver) return <Over text={t('running.over.place', { title })} place={place} />
  if (status === 'WAITING') {
    return (
      <p>
        {t('running.waiting', { title })} <Link to={pathOf(place)}>{t('running.toLine')}</Link>
      </p>
    )
  }
  return (
    <p>
      {t('running.turn', { title })} <Left until={place.expiresAt} />{' '}
      <Link to={pathOf(place)}>{t('running.toSeats')}</Link>
    </p>
  )
}

function HoldLine({ hold }: { hold: Extract<Running, { kind: 'hold' }> }) {
  const { t } = useWords()
  const isOver = useServerNow() >= Date.parse(hold.expiresAt)
  const { data, error } = useNews(useQuery({ ...reservationQuery(hold.reservationId), enabled: !isOver }))
  const id = idOf(hold)
  useEffect(() => {
    // Somebody else has signed in here since.
    if (isRefusal(error, 'RESERVATION_NOT_FOUND')) forgetRunning(id)
  }, [error, id])
  useEffect(() => {
    // A hold whose time is over stays, to be told.
    if (data !== undefined && data.status !== 'EXPIRED') noteReservation(data)
  }, [data])
  const title = hold.title ?? ''
  if (isOver) return <Over text={t('running.over.hold', { title })} place={hold} />
  return (
    <p>
      {t('running.held', { title })} <Left until={hold.expiresAt} />{' '}
      <Link to={pathOf(hold)}>{t('running.toPay')}</Link>
    </p>
  )
}

/** What a question was answered since it is asked here. What it knew before is older than what other pages have noted meanwhile. */
function useNews<T>({ data, dataUpdatedAt, error, errorUpdatedAt }: UseQueryResult<T>): {
  data: T | undefined
  error: Error | null
} {
  const [sinceMs] = useState(() => Date.now())
  return {
    data: dataUpdatedAt >= sinceMs ? data : undefined,
    error: errorUpdatedAt >= sinceMs ? error : null,
  }
}

function Left({ until }: { until: string }) {
  return (
    <strong className={styles['left']}>
      <TimeLeft until={until} />
    </strong>
  )
}

function Over({ text, place }: { text: string; place: Running }) {
  const { t } = useWords()
  const line =
    place.kind === 'place' ? `/concerts/${place.concertId}/schedules/${place.scheduleId}` : undefined
  return (
    <p role="status">
      {text} {line === undefined ? null : <Link to={line}>{t('running.again')}</Link>}{' '}
      <Button look="quiet" onPress={() => forgetRunning(idOf(place))}>
        {t('running.close')}
      </Button>
    </p>
  )
}
