import { refuse } from '@frontrow/proto/refusals'
import type { WalletContext } from '../context.ts'
import { findCharge } from '../sql/charges.ts'
import type { Charge } from '../sql/charges.ts'

/** Reads one charge of a wallet. Refuses with CHARGE_NOT_FOUND. */
export async function getCharge(
  ctx: Pick<WalletContext, 'pool'>,
  userId: string,
  chargeId: string,
): Promise<Charge> {
  const charge = await findCharge(ctx.pool, userId, chargeId)
  if (charge === undefined) throw refuse('CHARGE_NOT_FOUND', 'the wallet has no such charge')
  return charge
}
