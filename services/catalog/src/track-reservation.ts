import { claim } from '@frontrow/messaging/inbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { CatalogContext } from './context.ts'
import { markReleased, markReserved } from './sql/reserved-seats.ts'
import type { ReservedSeats } from './sql/reserved-seats.ts'

/** Notes that a reservation takes its seats, or gives them back. A message that was handled before changes nothing. */
export async function trackReservation(
  ctx: Pick<CatalogContext, 'pool'>,
  reserved: ReservedSeats,
  became: 'RESERVED' | 'RELEASED',
  message: { id: string; type: string },
): Promise<void> {
  await inTransaction(ctx.pool, async (tx) => {
    if (!(await claim(tx, message))) return
    if (became === 'RESERVED') await markReserved(tx, reserved)
    else await markReleased(tx, reserved)
  })
}
