import type { Claimed } from '@frontrow/messaging/inbox'
import type { Tx } from '@frontrow/postgres/pool'
import { markReleased, markReserved } from './sql/reserved-seats.ts'
import type { ReservedSeats } from './sql/reserved-seats.ts'

/** What became of a reservation's seats. */
export interface ReservationNews extends ReservedSeats {
  became: 'RESERVED' | 'RELEASED'
}

/** Notes that reservations take their seats, or give them back for good. Messages that were handled before change nothing. */
export async function trackReservations(
  tx: Tx,
  messages: readonly Claimed<ReservationNews>[],
): Promise<void> {
  const news = messages.filter(({ isNew }) => isNew).map(({ content }) => content)
  const of = (became: ReservationNews['became']) => news.filter((one) => one.became === became)
  // A reservation that has ended takes no seats again, so which of the two came first does not matter.
  await markReserved(tx, of('RESERVED'))
  await markReleased(tx, of('RELEASED'))
}
