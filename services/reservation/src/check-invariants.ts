import { checkKeys } from '@frontrow/idempotency/audit'
import { checkMessages } from '@frontrow/messaging/audit'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { Context } from './context.ts'
import { auditSeats } from './sql/audit.ts'

const SHOWN_MAX = 10

/** Checks the invariants that this service's own data can show. */
export async function checkInvariants(ctx: Context): Promise<InvariantCheck[]> {
  const limits = { seatsPerUserMax: ctx.config.SEATS_PER_USER_MAX, shownMax: SHOWN_MAX }
  const { seats, users } = await inTransaction(ctx.pool, (tx) => auditSeats(tx, limits))
  return [
    { number: 1, name: 'a seat belongs to at most one live reservation', ...seats },
    await checkKeys(ctx.pool, 'reservation'),
    await checkMessages(ctx.pool, 'reservation'),
    { number: 9, name: 'no user holds more seats of a schedule than the limit', ...users },
  ]
}
