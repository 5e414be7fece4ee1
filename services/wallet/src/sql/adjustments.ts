import type { Tx } from '@frontrow/postgres/pool'

/** Why an admin corrected a wallet; the movement of the same id is what it did. */
export interface Adjustment {
  transactionId: string
  userId: string
  amount: number
  reason: string
  adminId: string
}

/** Inserts the reason of one adjustment. */
export async function insertAdjustment(tx: Tx, adjustment: Adjustment): Promise<void> {
  const { transactionId, userId, amount, reason, adminId } = adjustment
  await tx.query({
    name: 'adjustments-insert',
    text: 'INSERT INTO adjustments (transaction_id, user_id, amount, reason, admin_id) VALUES ($1, $2, $3, $4, $5)',
    values: [transactionId, userId, amount, reason, adminId],
  })
}
