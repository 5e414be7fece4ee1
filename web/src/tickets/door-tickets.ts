/** What is looked at of a ticket. */
interface UsableTicket {
  seat: { seatId: number }
  checkedInAt: string | null
}

/**
 * The tickets to hold out at a door: those that nobody used, and the one at hand also where it was used meanwhile, so that its seat is not
 * shown with the code of another one. `ticket` is undefined where the one at hand is gone.
 */
export function doorTickets<T extends UsableTicket>(
  tickets: readonly T[],
  seatId: number,
): { shown: readonly T[]; at: number; ticket: T | undefined } {
  const shown = tickets.filter(({ seat, checkedInAt }) => checkedInAt === null || seat.seatId === seatId)
  const at = shown.findIndex(({ seat }) => seat.seatId === seatId)
  return { shown, at, ticket: shown[at] }
}
