import { completeAdminAction } from '@frontrow/admin-actions/admin-actions'
import { enqueue } from '@frontrow/messaging/outbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { Tx } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import type { ShowAction } from '@frontrow/proto/show-phases'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Caller } from '@frontrow/service-host/auth'
import { checkAllowed } from './check-show.ts'
import type { Context } from './context.ts'
import { getReservation, ownerFor, reservationNotFound } from './get-reservations.ts'
import type { Owner } from './get-reservations.ts'
import { lockForChange } from './lock-for-change.ts'
import type { CancelReason, EndedReservation, Reservation, ReservationStatus } from './reservation.ts'
import { cancelledMessage } from './reservation-messages.ts'
import { listCheckIns } from './sql/check-ins.ts'
import { findReservation, markCancelled } from './sql/reservations.ts'
import { freeSeatsOf, lockSeatsOf } from './sql/seat-holds.ts'

/**
 * Cancels a reservation as its caller may: their own by the rules for buyers, and admins any. Whoever else acts for others
 * refunds what is paid; a hold of somebody else is FORBIDDEN, and their own follows the rules for buyers.
 */
export async function cancelForCaller(
  ctx: Context,
  caller: Caller,
  reservationId: string,
): Promise<Reservation> {
  const owner = ownerFor(caller)
  if (owner !== null || caller.roles.includes('admin')) {
    return cancelReservation(ctx, { reservationId, owner })
  }
  const { userId, status } = await getReservation(ctx, reservationId, null)
  if (userId === caller.userId) return cancelReservation(ctx, { reservationId, owner: userId })
  if (status === 'HOLD') {
    throw generalRefusal('FORBIDDEN', "it is not paid, and somebody else's hold needs the role admin", {
      details: { roles: ['admin'] },
    })
  }
  return cancelReservation(ctx, { reservationId, owner: null })
}

/**
 * Cancels a hold or a confirmed reservation. Its seats are free at once; the purchase saga then refunds a confirmed one.
 * Cancelling it again changes nothing and answers the same. What is paid is cancelled by its buyer until `refundableUntil` of the schedule, or until the
 * show begins, unless one of its tickets was used; by the staff (whose `owner` is null) at any time.
 */
export async function cancelReservation(
  ctx: Context,
  command: { reservationId: string; owner: Owner },
): Promise<Reservation> {
  const { reservationId, owner } = command
  const { scheduleId, status: statusBefore } = await getReservation(ctx, reservationId, owner)
  await checkAllowed(ctx, actionOf(statusBefore, owner), scheduleId)
  const ended = await inTransaction(ctx.pool, async (tx) => {
    const locked = await lockForChange(tx, reservationId)
    if (locked === undefined) throw reservationNotFound()
    const { status } = locked.reservation
    if (status === 'CANCELLED') return { reservation: locked.reservation, cancelled: [] }
    if (status === 'EXPIRED') throw refuse('RESERVATION_NOT_CANCELLABLE', 'the hold ran out')
    // It was paid meanwhile, so that it has to be asked whether what is paid may be refunded.
    if (status === 'CONFIRMED' && statusBefore !== 'CONFIRMED') return undefined
    if (status === 'CONFIRMED' && owner !== null) await refuseUsed(tx, reservationId)
    const changed = await cancelLocked(ctx, tx, [reservationId], 'USER_CANCELLED', owner === null)
    await completeAdminAction(tx)
    const after = await findReservation(tx, reservationId, null)
    if (after === undefined) throw new Error('a locked reservation vanished')
    // The hold ran out between the two statements.
    if (after.status !== 'CANCELLED') throw refuse('RESERVATION_NOT_CANCELLABLE', 'the hold ran out')
    return { reservation: after, cancelled: changed }
  })
  if (ended === undefined) return cancelReservation(ctx, command)
  ctx.seatPicker.forget(ended.reservation.scheduleId)
  ctx.counters.cancelled(ended.cancelled, 'USER_CANCELLED')
  return ended.reservation
}

/** A door keeps the reservation as it is while it admits somebody, so that after the lock its check-in is seen. */
async function refuseUsed(tx: Tx, reservationId: string): Promise<void> {
  const [first] = await listCheckIns(tx, reservationId)
  if (first === undefined) return
  const { seatId, checkedInAt } = first
  throw refuse('TICKET_USED', 'somebody has come in with a ticket of it', {
    details: { seatId, checkedInAt: checkedInAt.toISOString() },
  })
}

function actionOf(status: ReservationStatus, owner: Owner): ShowAction {
  if (status !== 'CONFIRMED') return 'releaseByBuyer'
  return owner === null ? 'refundByAdmin' : 'refundByBuyer'
}

/** Cancels the live ones of these reservations, after it has locked the seats of all of them. */
export async function cancelLive(
  ctx: Context,
  reservationIds: readonly string[],
  reason: CancelReason,
): Promise<EndedReservation[]> {
  const cancelled = await inTransaction(ctx.pool, async (tx) => {
    await lockSeatsOf(tx, reservationIds)
    return cancelLocked(ctx, tx, reservationIds, reason, false)
  })
  ctx.counters.cancelled(cancelled, reason)
  return cancelled
}

async function cancelLocked(
  ctx: Context,
  tx: Tx,
  reservationIds: readonly string[],
  reason: CancelReason,
  byAdmin: boolean,
): Promise<EndedReservation[]> {
  const cancelled = await markCancelled(tx, reservationIds, reason, byAdmin)
  await freeSeatsOf(
    tx,
    cancelled.map((reservation) => reservation.reservationId),
  )
  await enqueue(
    tx,
    ctx.relay,
    cancelled.map((reservation) => cancelledMessage(reservation, reason)),
  )
  return cancelled
}
