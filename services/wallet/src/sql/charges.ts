import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** One attempt to put money into a wallet. */
export interface Charge {
  chargeId: string
  userId: string
  amount: number
}

/** Inserts a charge as CHARGING. */
export async function insertCharge(tx: Tx, charge: Charge): Promise<void> {
  await tx.query({
    name: 'charge-insert',
    text: "INSERT INTO charges (charge_id, user_id, amount, status) VALUES ($1, $2, $3, 'CHARGING')",
    values: [charge.chargeId, charge.userId, charge.amount],
  })
}

/** Moves a charge from CHARGING to CHARGED. Throws where it is in another state. */
export async function markCharged(tx: Tx, chargeId: string): Promise<void> {
  const { rowCount } = await tx.query({
    name: 'charge-mark-charged',
    text: `UPDATE charges SET status = 'CHARGED', finished_at = clock_timestamp()
           WHERE charge_id = $1 AND status = 'CHARGING'`,
    values: [chargeId],
  })
  if (rowCount !== 1) throw new Error(`charge ${chargeId} is not CHARGING`)
}

/** Inserts a refused charge as FAILED, since the transaction that tried it was rolled back and left no row. */
export async function insertFailedCharge(db: Queryable, charge: Charge, reason: string): Promise<void> {
  await db.query({
    name: 'charge-insert-failed',
    text: `INSERT INTO charges (charge_id, user_id, amount, status, reason, finished_at)
           VALUES ($1, $2, $3, 'FAILED', $4, clock_timestamp())`,
    values: [charge.chargeId, charge.userId, charge.amount, reason],
  })
}
