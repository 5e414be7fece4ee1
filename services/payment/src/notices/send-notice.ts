import type { Pool } from '@frontrow/postgres/pool'
import type { Reservation__Output as Reservation } from '@frontrow/proto/gen/frontrow/reservation/v1/Reservation'
import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { Refusal } from '@frontrow/refusals/refusal'
import type { NotifyEvents } from '../notify/events.ts'
import { chooseLocale, composeNotice } from './compose-notice.ts'
import type { ComposedNotice } from './compose-notice.ts'
import { MailOutageError, RefusedMailError } from './mailer.ts'
import type { Mailer } from './mailer.ts'
import { endNotice, postponeNotice } from './sql/notices.ts'
import type { LeasedNotice } from './sql/notices.ts'
import type { Locale } from './words.ts'
import { withoutAddresses } from './without-addresses.ts'

/** What sending works with. */
export interface SendingContext {
  pool: Pool
  mailer: Mailer
  events: NotifyEvents
  now: () => Date
  /** Refuses with RESERVATION_NOT_FOUND. */
  getReservation: (reservationId: string) => Promise<Reservation>
  /** Refuses with SCHEDULE_NOT_FOUND. */
  getSchedule: (scheduleId: number) => Promise<Schedule>
  config: {
    defaultLocale: Locale
    currency: string
    attemptsMax: number
    holdNoticeMs: number
  }
}

const RETRY_FIRST_MS = 5_000
const RETRY_MAX_MS = 3_600_000
/** An outage is looked at more often, because mail that waits for its end is not what is wrong. */
const OUTAGE_RETRY_MAX_MS = 600_000
const OUTAGE_MAX_MS = 3 * 86_400_000
const ERROR_LENGTH_MAX = 500

/**
 * Sends one notice and stores what came of it: sent, skipped where there is nothing to tell any more, parked as FAILED where the mail
 * server refuses it for good or it has been tried often enough, and else to be tried again, later each time. An outage of the mail server or
 * of a service that is asked uses up no attempt; it may last three days. A process that dies between
 * the server's answer and the row sends the mail twice, under the same Message-ID.
 */
export async function sendNotice(
  ctx: SendingContext,
  notice: LeasedNotice,
  signal: AbortSignal,
): Promise<void> {
  const { noticeId, kind, attempts } = notice
  try {
    const composed = await compose(ctx, notice)
    if (typeof composed === 'string') {
      await endNotice(ctx.pool, notice, 'SKIPPED', composed)
      ctx.events.noticeEnded({ noticeId, kind, outcome: 'skipped', why: composed })
      return
    }
    await ctx.mailer.send({ ...composed, id: noticeId }, signal)
  } catch (error) {
    const text = whatFailed(error)
    const isOutage = isAboutAllMail(error)
    const outageMs = ctx.now().getTime() - (notice.outageSince ?? ctx.now()).getTime()
    const isGivenUp = isOutage ? outageMs >= OUTAGE_MAX_MS : attempts >= ctx.config.attemptsMax
    if (error instanceof RefusedMailError || isGivenUp) {
      await endNotice(ctx.pool, notice, 'FAILED', text)
      ctx.events.noticeEnded({ noticeId, kind, outcome: 'failed', why: text })
      return
    }
    const retryInMs = isOutage
      ? Math.min(OUTAGE_RETRY_MAX_MS, Math.max(RETRY_FIRST_MS, outageMs))
      : Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (attempts - 1))
    await postponeNotice(ctx.pool, notice, { error: text, retryInMs, isOutage })
    ctx.events.noticePostponed({ noticeId, kind, attempts, retryInMs, error: text })
    return
  }
  await endNotice(ctx.pool, notice, 'SENT', null)
  ctx.events.noticeEnded({ noticeId, kind, outcome: 'sent', why: null })
}

function isAboutAllMail(error: unknown): boolean {
  return (
    error instanceof MailOutageError ||
    (error instanceof Refusal && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT'))
  )
}

// Servers repeat the recipient in their refusals, and addresses are in `contacts` only.
function whatFailed(error: unknown): string {
  return withoutAddresses(error instanceof Error ? error.message : String(error)).slice(0, ERROR_LENGTH_MAX)
}

/** The mail, or why there is nothing to tell. */
async function compose(
  ctx: SendingContext,
  notice: LeasedNotice,
): Promise<(ComposedNotice & { to: string }) | string> {
  if (notice.email === null) return 'the address was deleted'
  const [reservation, schedule] = await Promise.all([
    ctx.getReservation(notice.reservationId),
    ctx.getSchedule(notice.scheduleId),
  ])
  const outdated = whyOutdated(ctx, notice, reservation)
  if (outdated !== null) return outdated
  const composed = composeNotice(
    {
      kind: notice.kind,
      concertTitle: schedule.concertTitle,
      venueName: schedule.venueName,
      performanceAt: new Date(schedule.performanceAtMs),
      // A catalog of the version before names no zone.
      timeZone: schedule.timeZone || 'UTC',
      reservationNumber: reservation.reservationNumber,
      seats: reservation.seats,
      amount: notice.amount ?? notice.paymentAmount ?? reservation.totalAmount,
      currency: ctx.config.currency,
      paymentMethod: notice.paymentMethod,
      reason: notice.reason,
      heldUntil: new Date(reservation.expiresAtMs),
    },
    chooseLocale(notice.locale, ctx.config.defaultLocale),
  )
  return { ...composed, to: notice.email }
}

/** A mail may have waited for hours, and must not say what is no longer so. */
function whyOutdated(
  ctx: SendingContext,
  { kind }: LeasedNotice,
  { status, expiresAtMs }: Reservation,
): string | null {
  switch (kind) {
    case 'CONFIRMATION':
      return status === 'CONFIRMED' ? null : `the reservation is ${status}`
    case 'HOLD_ENDING': {
      if (status !== 'HOLD') return `the reservation is ${status}`
      const leftMs = expiresAtMs - ctx.now().getTime()
      if (leftMs <= 0) return 'the hold ran out'
      // The extension has a notice of its own. A second of difference is none, because clocks differ.
      return leftMs > ctx.config.holdNoticeMs + 1_000 ? 'the hold was extended' : null
    }
    case 'REFUND':
    case 'SHOW_CANCELLED':
      return null
  }
}
