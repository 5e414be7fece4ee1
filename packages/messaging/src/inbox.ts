import type { Tx } from '@frontrow/postgres/pool'

/**
 * Claims a message's id in the transaction of its effect. False: it was applied before (or a reply to it is being
 * given by another instance, which this waits for), so the caller leaves everything as it is.
 */
export async function claim(tx: Tx, message: { id: string; type: string }): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'inbox-claim',
    text: 'INSERT INTO inbox (message_id, type) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    values: [message.id, message.type],
  })
  return rowCount === 1
}
