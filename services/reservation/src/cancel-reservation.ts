import { askThenWriteOnce } from '@frontrow/idempotency/write-once'
import type { WriteRequest } from '@frontrow/idempotency/write-once'
import { enqueue } from '@frontrow/messaging/outbox'
import { inTransaction, onCommit } from '@frontrow/postgres/transaction'
import type { Tx } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import type { ShowAction } from '@frontrow/proto/show-phases'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Caller } from '@frontrow/service-host/auth'
import type { Reply } from '@frontrow/service-host/serve-route'
import { checkAllowed } from './check-show.ts'
import type { Context } from './context.ts'
import { getReservation, ownerFor, reservationNotFound } from './get-reservations.ts'
import type { Owner } from './get-reservations.ts'
import { lockForChange } from './lock-for-change.ts'
import type { CancelReason, EndedReservation, Reservation, ReservationStatus } from './reservation.ts'
import { toRefundJson } from './reservation-json.ts'
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
  key: string | undefined,
): Promise<Reply> {
  const owner = ownerFor(caller)
  const by = { reservationId, caller, key }
  if (owner !== null || caller.roles.includes('admin')) return cancelReservation(ctx, { ...by, owner })
  const { userId, status } = await getReservation(ctx, reservationId, null)
  if (userId === caller.userId) return cancelReservation(ctx, { ...by, owner: userId })
  if (status === 'HOLD') {
    throw generalRefusal('FORBIDDEN', "it is not paid, and somebody else's hold needs the role admin", {
      details: { roles: ['admin'] },
    })
  }
  return cancelReservation(ctx, { ...by, owner: null })
}

/** Which reservation is to be cancelled, by whom, and under which Idempotency-Key, which is one of the caller. */
interface CancelCommand extends Pick<WriteRequest, 'caller' | 'key'> {
  reservationId: string
  owner: Owner
}

/** It was paid meanwhile, so that it has to be asked whether what is paid may be refunded. */
class PaidMeanwhile extends Error {
  override name = 'PaidMeanwhile'
}

/**
 * Cancels a hold or a confirmed reservation. Its seats are free at once; the purchase saga then refunds a confirmed one.
 * Cancelling it again changes nothing and answers the same, and with the same Idempotency-Key it is the first answer. What is paid is cancelled by its buyer until `refundableUntil` of the schedule, or until the
 * show begins, unless one of its tickets was used; by the staff (whose `owner` is null) at any time.
 */
export async function cancelReservation(ctx: Context, command: CancelCommand): Promise<Reply> {
  const { reservationId, owner, caller, key } = command
  const ask = async (): Promise<ReservationStatus> => {
    const { scheduleId, status } = await getReservation(ctx, reservationId, owner)
    await checkAllowed(ctx, actionOf(status, owner), scheduleId)
    return status
  }
  const request = { operation: 'cancelReservation', caller, key, content: { reservationId } }
  try {
    return await askThenWriteOnce(ctx, request, ask, async (tx, statusBefore) => {
      const { status, refundStatus, paymentId } = await endLocked(ctx, tx, command, statusBefore)
      const refund = toRefundJson({ refundStatus, paymentId })
      return { status: 200, data: { reservationId, status, refund }, headers: {} }
    })
  } catch (error) {
    if (error instanceof PaidMeanwhile) return cancelReservation(ctx, command)
    throw error
  }
}

async function endLocked(
  ctx: Context,
  tx: Tx,
  { reservationId, owner }: Pick<CancelCommand, 'reservationId' | 'owner'>,
  statusBefore: ReservationStatus,
): Promise<Reservation> {
  const locked = await lockForChange(tx, reservationId)
  if (locked === undefined) throw reservationNotFound()
  const { status, scheduleId } = locked.reservation
  if (status === 'CANCELLED') return locked.reservation
  if (status === 'EXPIRED') throw refuse('RESERVATION_NOT_CANCELLABLE', 'the hold ran out')
  if (status === 'CONFIRMED' && statusBefore !== 'CONFIRMED') throw new PaidMeanwhile()
  if (status === 'CONFIRMED' && owner !== null) await refuseUsed(tx, reservationId)
  const changed = await cancelLocked(ctx, tx, [reservationId], 'USER_CANCELLED', owner === null)
  const after = await findReservation(tx, reservationId, null)
  if (after === undefined) throw new Error('a locked reservation vanished')
  // The hold ran out between the two statements.
  if (after.status !== 'CANCELLED') throw refuse('RESERVATION_NOT_CANCELLABLE', 'the hold ran out')
  onCommit(tx, () => {
    ctx.seatPicker.forget(scheduleId)
    ctx.counters.cancelled(changed, 'USER_CANCELLED')
  })
  return after
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
