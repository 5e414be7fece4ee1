import { checkKeys } from '@frontrow/idempotency/audit'
import { checkMessages } from '@frontrow/messaging/audit'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { Context } from './context.ts'
import { findDoubleSoldSeats, findUsersAboveLimit } from './sql/audit.ts'

const SHOWN_MAX = 10

/** The invariants that this service's data can show. */
export async function checkInvariants(ctx: Context): Promise<InvariantCheck[]> {
  const seats = await findDoubleSoldSeats(ctx.pool, SHOWN_MAX)
  const users = await findUsersAboveLimit(ctx.pool, ctx.config.SEATS_PER_USER_MAX, SHOWN_MAX)
  return [
    { number: 1, name: 'a seat belongs to at most one live reservation', ...seats },
    await checkKeys(ctx.pool, 'reservation'),
    await checkMessages(ctx.pool, 'reservation'),
    { number: 9, name: 'no user holds more seats of a schedule than the limit', ...users },
  ]
}
