import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import type { Context } from '../context.ts'
import type { Reservation, Seat } from '../reservation.ts'
import { countCheckIns, insertCheckIn, listCheckIns } from '../sql/check-ins.ts'
import type { CheckIn, CheckInCounts } from '../sql/check-ins.ts'
import { shareReservationByNumber } from '../sql/reservations.ts'
import { notConfirmed } from './get-tickets.ts'

/** Who was let in. */
export interface Admitted extends CheckIn {
  reservation: Reservation
  seat: Seat
}

/**
 * Lets one person in with the code of a ticket, once. Refuses with TICKET_INVALID, TICKET_OF_OTHER_SCHEDULE (where the door names its show),
 * RESERVATION_NOT_CONFIRMED after a cancellation, and TICKET_USED with when and by whom it was used. The reservation stays as it is until
 * the transaction ends: whoever cancels it comes before or after.
 */
export async function checkIn(
  ctx: Pick<Context, 'ticketCodes' | 'counters'>,
  tx: Tx,
  door: { code: string; scheduleId: number | undefined; checkedInBy: string },
): Promise<Admitted> {
  const { reservationNumber, scheduleId, seatId } = await ctx.ticketCodes.read(door.code)
  if (door.scheduleId !== undefined && door.scheduleId !== scheduleId) {
    throw refuse('TICKET_OF_OTHER_SCHEDULE', 'the ticket is of another show', { details: { scheduleId } })
  }
  const reservation = await shareReservationByNumber(tx, reservationNumber)
  const seat = reservation?.seats.find((one) => one.seatId === seatId)
  if (reservation?.scheduleId !== scheduleId || seat === undefined) {
    throw refuse('TICKET_INVALID', 'the ticket is signed by us, but is of no reservation here')
  }
  if (reservation.status !== 'CONFIRMED') throw notConfirmed(reservation)
  const { reservationId } = reservation
  const made = await insertCheckIn(tx, { reservationId, seatId, scheduleId, checkedInBy: door.checkedInBy })
  if (made === undefined) throw await used(tx, reservation, seat)
  onCommit(tx, () => ctx.counters.checkedIn({ reservationId, scheduleId, seatId }))
  return { ...made, reservation, seat }
}

async function used(tx: Tx, { reservationId, reservationNumber }: Reservation, seat: Seat): Promise<Error> {
  const before = (await listCheckIns(tx, reservationId)).find(({ seatId }) => seatId === seat.seatId)
  if (before === undefined) throw new Error('a ticket was used, and was not')
  const { checkedInAt, checkedInBy } = before
  return refuse('TICKET_USED', 'somebody has come in with this ticket', {
    details: { reservationNumber, seat, checkedInAt: checkedInAt.toISOString(), checkedInBy },
  })
}

/** How many are in. A schedule that has no tickets is looked up, so that a wrong number is SCHEDULE_NOT_FOUND and not an empty house. */
export async function getCheckIns(
  ctx: Pick<Context, 'pool' | 'schedules'>,
  scheduleId: number,
): Promise<CheckInCounts> {
  const counts = await countCheckIns(ctx.pool, scheduleId)
  if (counts.tickets + counts.cancelledAfterAdmission === 0) await ctx.schedules.schedule(scheduleId)
  return counts
}
