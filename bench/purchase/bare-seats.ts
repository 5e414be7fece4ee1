import { brotliCompressSync } from 'node:zlib'

/** Seats of the map that is read whole. */
export const MAP_SEATS = 1_000
/** Seats whose states are read in the compact form. */
export const STATES_SEATS = 10_000

/** The ETag of all that the bare stack shows of seats; nothing there ever changes. */
export const bareTag = '"0123456789abcdef"'

/** The map of 1,000 seats, compressed. */
export function bareSeatMap(): Buffer {
  const seats = Array.from({ length: MAP_SEATS }, (_none, index) => ({
    seatId: index + 1,
    seatNumber: `A-${Math.floor(index / 100) + 1}-${(index % 100) + 1}`,
    section: 'A',
    row: String(Math.floor(index / 100) + 1),
    grade: 'R',
    price: 50_000,
    status: 'AVAILABLE',
  }))
  return compressed({ seats })
}

/** The states of 10,000 seats, a letter each, compressed. */
export function bareSeatStates(): Buffer {
  return compressed({ states: 'A'.repeat(STATES_SEATS) })
}

function compressed(data: object): Buffer {
  return brotliCompressSync(JSON.stringify({ success: true, data }))
}
