import type { Tx } from '@frontrow/postgres/pool'

/** One attempt to put money into a wallet, and how it ended. */
export interface Charge {
  chargeId: string
  userId: string
  amount: number
  /** Why it FAILED; null: it is CHARGED. */
  failedBecause: string | null
}

/** Inserts charges that have ended. */
export async function insertCharges(tx: Tx, charges: readonly Charge[]): Promise<void> {
  if (charges.length === 0) return
  await tx.query({
    name: 'charges-insert',
    text: `INSERT INTO charges (charge_id, user_id, amount, status, reason, finished_at)
           SELECT charge_id, user_id, amount, CASE WHEN reason IS NULL THEN 'CHARGED' ELSE 'FAILED' END, reason, clock_timestamp()
           FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS c (charge_id, user_id, amount, reason)`,
    values: [
      charges.map(({ chargeId }) => chargeId),
      charges.map(({ userId }) => userId),
      charges.map(({ amount }) => amount),
      charges.map(({ failedBecause }) => failedBecause),
    ],
  })
}
