import type { Reservation } from '../../queries.ts'

/**
 * What the page says of a reservation. The server's word comes with the next answer; a hold whose time is up is shown so at once, but
 * while the end of a payment is unknown (`PAYING`) nobody knows yet whose the seats are.
 */
export function shownStatus(
  status: Reservation['status'],
  isTimeUp: boolean,
  isPaying: boolean,
): Reservation['status'] | 'PAYING' {
  const isOver = status === 'EXPIRED' || (status === 'HOLD' && isTimeUp)
  if (!isOver) return status
  return isPaying ? 'PAYING' : 'EXPIRED'
}
