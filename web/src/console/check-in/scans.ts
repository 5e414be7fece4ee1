import { ApiError } from '@frontrow/client/errors'
import type { DataOf } from '@frontrow/client/routes'
import { isObject } from '@frontrow/client/errors'

/** Who was let in, with what. */
type Admitted = DataOf<'post', '/api/v1/admin/tickets/check-in'>

/** What came of a ticket. `unknown`: nobody answered yet, and it may have been let in all the same. */
export type Outcome =
  | { kind: 'pending' }
  | { kind: 'unknown' }
  | { kind: 'in'; admitted: Admitted }
  | { kind: 'used'; used: Used }
  | { kind: 'refused'; error: unknown }

/** When a ticket was used before, and by which door's sign-in; what a newer API does not say is left out. */
interface Used {
  checkedInAt: string | undefined
  checkedInBy: string | undefined
  reservationNumber: string | undefined
  seat: { section: string; row: string; seatNumber: number } | undefined
}

/** A ticket that was shown at this door. */
export interface Scan {
  id: number
  code: string
  outcome: Outcome
}

/** How many are listed. */
const SCANS_KEPT = 8

/** The scans with this one in front: a new one, or one that is being checked and was shown again, as it stands. */
export function withScan(scans: readonly Scan[], scan: Scan): Scan[] {
  const known = scans.find(({ id }) => id === scan.id) ?? scan
  return [known, ...scans.filter(({ id }) => id !== scan.id)].slice(0, SCANS_KEPT)
}

/** The scans with the outcome of one of them. */
export function withOutcome(scans: readonly Scan[], id: number, outcome: Outcome): Scan[] {
  return scans.map((scan) => (scan.id === id ? { ...scan, outcome } : scan))
}

/** What a failed check-in means at a door. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof ApiError && error.code === 'TICKET_USED')
    return { kind: 'used', used: readUsed(error.details) }
  return { kind: 'refused', error }
}

function readUsed(details: unknown): Used {
  const { checkedInAt, checkedInBy, reservationNumber, seat } = isObject(details) ? details : {}
  return {
    checkedInAt: textOf(checkedInAt),
    checkedInBy: textOf(checkedInBy),
    reservationNumber: textOf(reservationNumber),
    seat: readSeat(seat),
  }
}

function readSeat(seat: unknown): Used['seat'] {
  if (!isObject(seat)) return undefined
  const { section, row, seatNumber } = seat
  return typeof section === 'string' && typeof row === 'string' && typeof seatNumber === 'number'
    ? { section, row, seatNumber }
    : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
