import { askThenWriteOnce } from '@frontrow/idempotency/write-once'
import type { WriteRequest } from '@frontrow/idempotency/write-once'
import { enqueue } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import type { Reply } from '@frontrow/service-host/serve-route'
import { refusalNow } from './check-show.ts'
import type { Context } from './context.ts'
import { getReservation, reservationNotFound } from './get-reservations.ts'
import type { Owner } from './get-reservations.ts'
import { lockForChange } from './lock-for-change.ts'
import type { LockedReservation } from './lock-for-change.ts'
import { refreshedMessage } from './reservation-messages.ts'
import { factsOf } from './reservation.ts'
import type { Reservation } from './reservation.ts'
import { showIfKnown } from './show.ts'
import type { ShowJson } from './show.ts'
import { extendHold, findReservation } from './sql/reservations.ts'
import { lockUserSeatsOf, moveDeadline } from './sql/seat-holds.ts'
import { tellReservation } from './tell-reservation.ts'

/** Which hold is to be extended, by whom, and under which Idempotency-Key, which is one of the caller. */
interface RefreshCommand extends Pick<WriteRequest, 'caller' | 'key'> {
  reservationId: string
  owner: Owner
  /** The token that was sent for a schedule, since one browser can stand in several lines. */
  queueTokenOf: (scheduleId: number) => string
}

/**
 * Extends a live hold by its full length, as often as the settings allow, and once for each Idempotency-Key; whoever repeats one needs no
 * queue token any more. The hold still belongs to the place that made it, even when its owner sends the token of a newer place. After the
 * show has begun nothing is extended.
 */
export function refreshHold(ctx: Context, command: RefreshCommand): Promise<Reply> {
  const { reservationId, owner, queueTokenOf, caller, key } = command
  const ask = async (): Promise<ShowJson | null> => {
    const { userId, scheduleId } = await getReservation(ctx, reservationId, owner)
    await ctx.verifyToken({ token: queueTokenOf(scheduleId), scheduleId, userId })
    const refusal = await refusalNow(ctx, 'refresh', scheduleId)
    if (refusal !== null) throw refusal
    return showIfKnown(ctx, scheduleId)
  }
  const request = { operation: 'refreshHold', caller, key, content: { reservationId } }
  return askThenWriteOnce(ctx, request, ask, async (tx, show) => {
    const refreshed = await extendLive(ctx, tx, reservationId)
    return { status: 200, data: await tellReservation(ctx, tx, refreshed, show), headers: {} }
  })
}

async function extendLive(ctx: Context, tx: Tx, reservationId: string): Promise<Reservation> {
  // Without this lock a hold by the same user could count these seats as lapsed while they are being extended.
  await lockUserSeatsOf(tx, [reservationId])
  const locked = await lockForChange(tx, reservationId)
  if (locked === undefined) throw reservationNotFound()
  assertRefreshable(locked, ctx.config.REFRESHES_MAX)
  const expiresAt = await extendHold(tx, reservationId, ctx.config.HOLD_MS)
  await moveDeadline(tx, reservationId, expiresAt)
  const reservation = await findReservation(tx, reservationId, null)
  if (reservation === undefined) throw new Error('a locked reservation vanished')
  await enqueue(tx, ctx.relay, [refreshedMessage(reservation)])
  onCommit(tx, () => ctx.counters.refreshed(factsOf(reservation)))
  return reservation
}

function assertRefreshable({ reservation, hasItsSeats }: LockedReservation, refreshesMax: number): void {
  const { status, refreshes } = reservation
  if (status === 'EXPIRED' || (status === 'HOLD' && !hasItsSeats)) {
    throw refuse('RESERVATION_EXPIRED', 'the hold ran out')
  }
  if (status !== 'HOLD') throw refuse('RESERVATION_NOT_REFRESHABLE', `the reservation is ${status}`)
  if (refreshes >= refreshesMax) {
    throw refuse('REFRESH_LIMIT_EXCEEDED', `a hold can be extended ${refreshesMax} times`, {
      details: { limit: refreshesMax },
    })
  }
}
