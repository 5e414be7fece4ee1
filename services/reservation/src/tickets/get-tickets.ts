import { refuse } from '@frontrow/proto/refusals'
import type { Context } from '../context.ts'
import { getReservation } from '../get-reservations.ts'
import type { Owner } from '../get-reservations.ts'
import type { Reservation, Seat } from '../reservation.ts'
import { showIfKnown } from '../show.ts'
import type { ShowJson } from '../show.ts'
import { listCheckIns } from '../sql/check-ins.ts'

/** One seat's way in. */
interface Ticket {
  seat: Seat
  /** For a QR code. */
  code: string
  /** Null while nobody has come in with it. */
  checkedInAt: Date | null
}

/** The tickets of a reservation: one for each seat, so that its people can come in apart. */
export interface Tickets {
  reservation: Reservation
  /** Null where the catalog, which knows the show, does not answer: the codes are good all the same. */
  schedule: ShowJson | null
  tickets: Ticket[]
}

/** Signs the tickets of a CONFIRMED reservation; refuses others with RESERVATION_NOT_CONFIRMED, and somebody else's as unknown. */
export async function getTickets(
  ctx: Pick<Context, 'pool' | 'schedules' | 'ticketCodes' | 'now'>,
  { reservationId, owner }: { reservationId: string; owner: Owner },
): Promise<Tickets> {
  const reservation = await getReservation(ctx, reservationId, owner)
  if (reservation.status !== 'CONFIRMED') throw notConfirmed(reservation)
  const { reservationNumber, scheduleId } = reservation
  const [schedule, checkIns] = await Promise.all([
    showIfKnown(ctx, scheduleId),
    listCheckIns(ctx.pool, reservationId),
  ])
  const tickets = await Promise.all(
    reservation.seats.map(async (seat) => ({
      seat,
      code: await ctx.ticketCodes.sign({ reservationNumber, scheduleId, seatId: seat.seatId }),
      checkedInAt: checkIns.find(({ seatId }) => seatId === seat.seatId)?.checkedInAt ?? null,
    })),
  )
  return { reservation, schedule, tickets }
}

/** The refusal of a reservation that has no tickets, or none any more. */
export function notConfirmed({ status, cancelledAt }: Pick<Reservation, 'status' | 'cancelledAt'>): Error {
  return refuse('RESERVATION_NOT_CONFIRMED', `the reservation is ${status}`, {
    details: { status, cancelledAt: cancelledAt?.toISOString() ?? null },
  })
}
