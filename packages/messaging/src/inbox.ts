import type { Tx } from '@frontrow/postgres/pool'

/**
 * Claims a message's id in the transaction of its effect. Returns false when the message was applied before: the caller
 * must then change nothing. While another transaction holds the same claim, this waits for its end.
 */
export async function claim(tx: Tx, message: { id: string; type: string }): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'inbox-claim',
    text: 'INSERT INTO inbox (message_id, type) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    values: [message.id, message.type],
  })
  return rowCount === 1
}
