import { ApiError } from '@frontrow/client/errors'
import { isRefusal } from '../../api.ts'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { HoldAgain } from '../../parts/HoldAgain.tsx'
import { Note } from '../../parts/Note.tsx'
import { OnceNote } from '../../parts/OnceNote.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import type { Schedule } from '../../queries.ts'
import { useKnownLayout } from '../../seat-map/use-seat-states.ts'
import { useWords } from '../../use-words.ts'
import { nextWish } from './next-wish.ts'
import type { Hold } from './use-hold.ts'

/** Why there is no hold, and what would do instead, a press away. */
export function HoldFailure({ schedule, hold }: { schedule: Schedule; hold: Hold }) {
  const { t } = useWords()
  const { error, sent, isPending, open } = hold.once
  // Only who pointed at seats has loaded them; their grade is what is offered next.
  const layout = useKnownLayout(schedule.concertId, schedule.scheduleId)
  if (isPending || open !== undefined) return <OnceNote once={hold.once} />
  if (error === null || sent === undefined) return null
  const { concertId, scheduleId } = schedule
  if (isRefusal(error, 'QUEUE_TOKEN_REQUIRED', 'QUEUE_TOKEN_INVALID', 'QUEUE_TOKEN_NOT_ACTIVE')) {
    return (
      <RefusalNote error={error}>
        <ButtonLink to={`/concerts/${concertId}/schedules/${scheduleId}/line`}>
          {t('seats.toLine')}
        </ButtonLink>
      </RefusalNote>
    )
  }
  if (isRefusal(error, 'SEAT_LIMIT_EXCEEDED')) {
    return (
      <RefusalNote error={error}>
        <ButtonLink to="/reservations">{t('nav.tickets')}</ButtonLink>
      </RefusalNote>
    )
  }
  if (isRefusal(error, 'RELEASE_LIMIT_EXCEEDED')) {
    return (
      <RefusalNote error={error}>
        <HoldAgain at={readHoldAgainAt(error.details)} />
        <ButtonLink to="/reservations">{t('nav.tickets')}</ButtonLink>
      </RefusalNote>
    )
  }
  if (!isRefusal(error, 'SEAT_TAKEN')) return <RefusalNote error={error} />
  const details = error instanceof ApiError ? error.details : null
  const next = nextWish(sent, details, layout)
  return (
    <Note kind="bad">
      <p>{t(`seats.lost.${next.kind}`)}</p>
      {next.kind === 'none' ? (
        <ButtonLink to={`/concerts/${concertId}`}>{t('seats.otherDates')}</ButtonLink>
      ) : (
        <Button look="main" onPress={() => hold.take(next.wish)}>
          {t('seats.takeNext', { count: next.wish.quantity })}
          {next.wish.grade === undefined ? '' : ` · ${next.wish.grade}`}
        </Button>
      )}
    </Note>
  )
}

function readHoldAgainAt(details: unknown): string | null {
  if (typeof details !== 'object' || details === null || !('holdAgainAt' in details)) return null
  return typeof details.holdAgainAt === 'string' ? details.holdAgainAt : null
}
