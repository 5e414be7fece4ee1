import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { api, isRefusal } from '../../api.ts'
import { Await } from '../../parts/Await.tsx'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { SignedIn } from '../../parts/SignedIn.tsx'
import { scheduleQuery } from '../../queries.ts'
import type { Place, Schedule } from '../../queries.ts'
import { useInstallation } from '../../use-installation.ts'
import { useNumber } from '../../use-ids.ts'
import { useWords } from '../../use-words.ts'
import { NotFound } from '../NotFound.tsx'
import { InLine } from './InLine.tsx'
import { useLeaving } from '../../join-check/use-leaving.ts'
import { findPlace, takePlace } from './take-place.ts'
import type { AnswerJoinCheck } from './take-place.ts'

/** The line in front of one performance. */
export default function WaitingRoom() {
  const concertId = useNumber('concertId')
  const scheduleId = useNumber('scheduleId')
  if (concertId === undefined || scheduleId === undefined) return <NotFound />
  return <KnownRoom concertId={concertId} scheduleId={scheduleId} />
}

function KnownRoom({ concertId, scheduleId }: { concertId: number; scheduleId: number }) {
  const schedule = useQuery(scheduleQuery(concertId, scheduleId))
  return (
    <Await isPage query={schedule}>
      {(data) => <Room key={scheduleId} schedule={data} />}
    </Await>
  )
}

function Room({ schedule }: { schedule: Schedule }) {
  const { t, showTime } = useWords()
  const { scheduleId } = schedule
  const [taken, setTaken] = useState<Place>()
  // Which place this browser has is asked once; from then on the stream tells.
  const found = useQuery({
    queryKey: ['found-place', scheduleId],
    queryFn: ({ signal }) => findPlace(scheduleId, signal),
    staleTime: Infinity,
    gcTime: 0,
  })
  const above = `${schedule.concertTitle}, ${showTime(schedule.performanceAt, schedule.timeZone)}`
  const place = taken ?? found.data
  if (place !== undefined && place !== null) {
    return (
      <InLine
        key={place.token}
        place={place}
        schedule={schedule}
        above={above}
        onTakeOver={<Join schedule={schedule} onPlace={setTaken} words={t('line.takeOver')} hasPlace />}
      />
    )
  }
  if (found.isPending) return <Loading />
  return (
    <>
      <PageTitle title={t('line.before')} above={above} />
      {found.isError ? (
        <RefusalNote error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <SignedIn why={t('line.signInFirst')}>
          {() => <Join schedule={schedule} onPlace={setTaken} words={t('line.join')} />}
        </SignedIn>
      )}
    </>
  )
}

/** The button that takes a place; who is let in at once goes straight on to the seats. */
function Join({
  schedule: { concertId, scheduleId },
  onPlace,
  words,
  hasPlace = false,
}: {
  schedule: Schedule
  onPlace: (place: Place) => void
  words: string
  /** Whether the person has the place elsewhere, for which nobody is checked. */
  hasPlace?: boolean
}) {
  const { t } = useWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const checkPlace = useRef<HTMLDivElement>(null)
  const leaving = useLeaving()
  const isChecked = useInstallation()?.isJoinChecked === true && !hasPlace
  const [asked, setAsked] = useState<'browser' | 'person'>()
  // Most lines are not checked, so what answers is loaded when it is needed.
  const answerCheck: AnswerJoinCheck = async (...join) => {
    const { answerJoinCheck } = await import('../../join-check/answer-join-check.ts')
    return answerJoinCheck(join, {
      client: api,
      place: checkPlace.current,
      signal: leaving(),
      onAsked: setAsked,
    })
  }
  const joining = useMutation({
    mutationFn: () => takePlace(scheduleId, api, undefined, answerCheck, isChecked),
    onSettled: () => setAsked(undefined),
    onSuccess: (place) => {
      queries.removeQueries({ queryKey: ['place', scheduleId] })
      if (place.status !== 'ACTIVE') return onPlace(place)
      return navigate(`/concerts/${concertId}/schedules/${scheduleId}/seats`, { replace: true })
    },
  })
  return (
    <div>
      {joining.isError ? (
        <RefusalNote error={joining.error}>
          {isRefusal(joining.error, 'BOOKING_NOT_OPEN') ? (
            <ButtonLink to={`/concerts/${concertId}/schedules/${scheduleId}`}>{t('line.back')}</ButtonLink>
          ) : null}
        </RefusalNote>
      ) : null}
      <p role="status">{asked === undefined ? null : t(`line.check.${asked}`)}</p>
      <div ref={checkPlace} />
      <Button look="main" isDisabled={joining.isPending} onPress={() => joining.mutate()}>
        {joining.isPending ? t('line.joining') : words}
      </Button>
    </div>
  )
}
