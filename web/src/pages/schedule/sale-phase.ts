/** What `salePhase` looks at. */
interface Times {
  status: 'ON_SALE' | 'CLOSED' | 'CANCELLED'
  performanceAt: string
  waitingRoomOpenAt: string
  bookingOpenAt: string
  bookingCloseAt: string
  availableSeats: number
}

/** What a person can do about a performance now; `closed-room`: not even wait yet, `room-open`: wait for the opening. */
export type SalePhase = 'cancelled' | 'over' | 'closed' | 'closed-room' | 'room-open' | 'sold-out' | 'open'

/** The phase of a sale at a moment of the server's clock, in milliseconds. */
export function salePhase(schedule: Times, now: number): SalePhase {
  if (schedule.status === 'CANCELLED') return 'cancelled'
  if (now >= Date.parse(schedule.performanceAt)) return 'over'
  if (schedule.status === 'CLOSED' || now >= Date.parse(schedule.bookingCloseAt)) return 'closed'
  if (now < Date.parse(schedule.waitingRoomOpenAt)) return 'closed-room'
  if (now < Date.parse(schedule.bookingOpenAt)) return 'room-open'
  return schedule.availableSeats === 0 ? 'sold-out' : 'open'
}
