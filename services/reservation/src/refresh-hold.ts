import { enqueue } from '@frontrow/messaging/outbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { refusalNow } from './check-show.ts'
import type { Context } from './context.ts'
import { getReservation, reservationNotFound } from './get-reservations.ts'
import type { Owner } from './get-reservations.ts'
import { lockForChange } from './lock-for-change.ts'
import type { LockedReservation } from './lock-for-change.ts'
import { refreshedMessage } from './reservation-messages.ts'
import { factsOf } from './reservation.ts'
import type { Reservation } from './reservation.ts'
import { extendHold, findReservation } from './sql/reservations.ts'
import { lockUserSeatsOf, moveDeadline } from './sql/seat-holds.ts'

/**
 * Extends a live hold by its full length, as often as the settings allow. The hold still belongs to the place that made it, even
 * when its owner sends the token of a newer place. After the show has begun nothing is extended.
 */
export async function refreshHold(
  ctx: Context,
  command: { reservationId: string; owner: Owner; queueToken: string },
): Promise<Reservation> {
  const { reservationId, owner, queueToken } = command
  const { userId, scheduleId } = await getReservation(ctx, reservationId, owner)
  await ctx.verifyToken({ token: queueToken, scheduleId, userId })
  const refusal = await refusalNow(ctx, 'refresh', scheduleId)
  if (refusal !== null) throw refusal
  const refreshed = await inTransaction(ctx.pool, async (tx) => {
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
    return reservation
  })
  ctx.counters.refreshed(factsOf(refreshed))
  return refreshed
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
